// A state: always a colour and a word together.

import type { ReactNode } from "react";
import css from "./blocks.module.css";

export type Tone = "live" | "info" | "weak" | "off" | "drill" | "asleep";

export function StateTag({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={css.tag} data-tone={tone}>
      {children}
    </span>
  );
}
