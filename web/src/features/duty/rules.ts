// The rules of help requests as a form has them: amounts with their units, and back to what the server takes.

import type { Limits, Rules, Span } from "@/api/types";

export const SPANS = ["minutes", "hours", "workingDays"] as const;
export type SpanUnit = (typeof SPANS)[number];

export interface Amount {
  count: number;
  unit: SpanUnit;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The largest unit in which the span is a whole number. */
export function amountOf(span: Span): Amount {
  if ("working_days" in span) return { count: span.working_days, unit: "workingDays" };
  return span.ms % HOUR_MS === 0 ? { count: span.ms / HOUR_MS, unit: "hours" } : { count: span.ms / MINUTE_MS, unit: "minutes" };
}

export function spanOf({ count, unit }: Amount): Span {
  if (unit === "workingDays") return { working_days: Math.round(count) };
  return { ms: Math.round(count * (unit === "hours" ? HOUR_MS : MINUTE_MS)) };
}

export const URGENCIES = ["life", "utilities", "ordinary"] as const satisfies readonly Exclude<keyof Rules, "ladder">[];
export const CLOCKS = ["response", "pickup", "closing", "directive_after"] as const satisfies readonly (keyof Limits)[];

export function sameRules(a: Rules, b: Rules): boolean {
  const same = (x: Span, y: Span) => JSON.stringify(x) === JSON.stringify(y);
  return (
    a.ladder.chief_ms === b.ladder.chief_ms &&
    a.ladder.leader_ms === b.ladder.leader_ms &&
    URGENCIES.every((urgency) => CLOCKS.every((clock) => same(a[urgency][clock], b[urgency][clock])))
  );
}
