// Puts off the idle logout while a person does something, and warns before it comes.

import { useEffect, useState } from "react";
import { logins } from "@/api/calls";
import { useMe } from "@/api/me";
import { useWords } from "@/lib/language";
import { appWords } from "../words";
import css from "./shell.module.css";

const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel"] as const;
const WARN_MS = 3 * 60_000;
const LOOK_MS = 15_000;

export function IdleNotice() {
  const { idle_logout_ms } = useMe();
  const say = useWords(appWords);
  const [left, setLeft] = useState<number | null>(null);

  useEffect(() => {
    const step = Math.min(5 * 60_000, idle_logout_ms / 6);
    let acted = Date.now();
    let told = Date.now();
    const sign = () => {
      acted = Date.now();
      setLeft(null);
      if (acted - told < step) return;
      told = acted;
      logins.current().catch(() => undefined);
    };
    const look = setInterval(() => {
      const rest = acted + idle_logout_ms - Date.now();
      setLeft(rest < WARN_MS ? Math.max(1, Math.ceil(rest / 60_000)) : null);
    }, LOOK_MS);
    for (const kind of SIGNS) window.addEventListener(kind, sign, { passive: true });
    return () => {
      clearInterval(look);
      for (const kind of SIGNS) window.removeEventListener(kind, sign);
    };
  }, [idle_logout_ms]);

  return left === null ? null : (
    <div className={css.lost} role="status">
      {say.idle(left)}
    </div>
  );
}
