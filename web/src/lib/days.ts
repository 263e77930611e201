// Spans of calendar days as people filter by them: Beijing days, written yyyy-mm-dd.

import { dayText, startOfDay } from "./time";

const DAY_MS = 86_400_000;

/** The first millisecond of a day; undefined for what is no day. */
export function dayStart(day: string | undefined): number | undefined {
  return day === undefined ? undefined : (startOfDay(day) ?? undefined);
}

/** The first millisecond after a day. */
export function dayEnd(day: string | undefined): number | undefined {
  const start = dayStart(day);
  return start === undefined ? undefined : start + DAY_MS;
}

export type Span = "today" | "week" | "month";
export const SPANS: readonly Span[] = ["today", "week", "month"];

/** The days of a span that ends today. */
export function spanDays(span: Span, now: number): { from: string; to: string } {
  const back = { today: 0, week: 6, month: 29 }[span];
  return { from: dayText(now - back * DAY_MS), to: dayText(now) };
}
