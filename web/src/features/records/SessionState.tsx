// A session's state as a coloured word.

import { term } from "@/api/terms";
import type { SessionState as State } from "@/api/types";
import { useLanguage } from "@/lib/language";
import { StateTag } from "@/ui/StateTag";

const TONES = { open: "live", ended: "asleep", interrupted: "off" } as const;

export function SessionState({ state }: { state: State }) {
  return <StateTag tone={TONES[state]}>{term("sessionState", state, useLanguage())}</StateTag>;
}
