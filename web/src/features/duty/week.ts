// The week as it is drawn and dragged: Beijing days, places on a line, steps of half an hour. Pure.

import type { DutyRole, ShiftView } from "@/api/types";
import { clockText, dayText, startOfDay } from "@/lib/time";

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const WEEK_MS = 7 * DAY_MS;
/** What a drag snaps to. */
export const STEP_MS = HOUR_MS / 2;
/** As the server says. */
export const SHIFT_MIN_MS = 10 * MINUTE_MS;
export const SHIFT_MAX_MS = DAY_MS;
const BEIJING_MS = 8 * HOUR_MS;

/** Monday, midnight in Beijing, of the week that the moment is in. */
export function weekStart(ms: number): number {
  const days = Math.floor((ms + BEIJING_MS) / DAY_MS);
  // 1970-01-01 was a Thursday.
  const sinceMonday = (((days + 3) % 7) + 7) % 7;
  return (days - sinceMonday) * DAY_MS - BEIJING_MS;
}

export interface Place {
  /** Shares of the line, from 0 to 1. */
  left: number;
  width: number;
  /** It goes on beyond this edge. */
  before: boolean;
  after: boolean;
}

/** Where a span lies on the line; null when it does not meet it. */
export function place(starts: number, ends: number, from: number, to: number): Place | null {
  if (ends <= from || starts >= to || to <= from) return null;
  const [a, b] = [Math.max(starts, from), Math.min(ends, to)];
  return { left: (a - from) / (to - from), width: (b - a) / (to - from), before: starts < from, after: ends > to };
}

export type Grip = "move" | "start" | "end";

export interface Times {
  starts_ms: number;
  ends_ms: number;
}

const snapped = (ms: number) => Math.round((ms + BEIJING_MS) / STEP_MS) * STEP_MS - BEIJING_MS;

/** The shift's times after a drag by so many milliseconds: whole steps, never shorter or longer than a shift may be. */
export function dragged({ starts_ms, ends_ms }: Times, grip: Grip, by: number): Times {
  if (grip === "move") {
    const starts = snapped(starts_ms + by);
    return { starts_ms: starts, ends_ms: starts + (ends_ms - starts_ms) };
  }
  const within = (length: number) => Math.min(SHIFT_MAX_MS, Math.max(STEP_MS, length));
  if (grip === "end") return { starts_ms, ends_ms: starts_ms + within(snapped(ends_ms + by) - starts_ms) };
  return { starts_ms: ends_ms - within(ends_ms - snapped(starts_ms + by)), ends_ms };
}

/** The shift that fills a gap: from now on, if the gap has begun, half a day at most, and never shorter than a shift may be. */
export function filling(gap: { from_ms: number; to_ms: number }, now: number): Times {
  const starts_ms = Math.max(gap.from_ms, Math.floor(now / MINUTE_MS) * MINUTE_MS);
  const ends_ms = Math.min(gap.to_ms, snapped(starts_ms + DAY_MS / 2));
  return { starts_ms, ends_ms: Math.max(ends_ms, starts_ms + SHIFT_MIN_MS) };
}

export interface Row {
  key: string;
  role: DutyRole;
  person: { id: string; name: string };
  shifts: ShiftView[];
}

const LADDER: readonly DutyRole[] = ["operator", "shift_chief", "duty_leader", "reserve"];

/** One row for each person in each role, up the ladder. */
export function rows(shifts: readonly ShiftView[]): Row[] {
  const found = new Map<string, Row>();
  for (const shift of shifts) {
    const key = `${shift.role} ${shift.person.id}`;
    const row = found.get(key) ?? { key, role: shift.role, person: shift.person, shifts: [] };
    row.shifts.push(shift);
    found.set(key, row);
  }
  return [...found.values()].sort((a, b) => LADDER.indexOf(a.role) - LADDER.indexOf(b.role) || a.person.name.localeCompare(b.person.name, "zh"));
}

/** `08:00`; the midnight that ends a day is `24:00` there. */
export function clockOf(ms: number, ending = false): string {
  const text = clockText(ms).slice(0, 5);
  return ending && text === "00:00" ? "24:00" : text;
}

/** `2026-11-26` and `08:00` as a moment in Beijing; null for what is none. */
export function momentOf(day: string, clock: string): number | null {
  const start = startOfDay(day);
  const found = /^(\d{2}):(\d{2})$/.exec(clock);
  if (start === null || !found) return null;
  const [hours, minutes] = [Number(found[1]), Number(found[2])];
  if (hours > 24 || minutes > 59 || (hours === 24 && minutes > 0)) return null;
  return start + hours * HOUR_MS + minutes * 60_000;
}

export function dayAndClock(ms: number): { day: string; clock: string } {
  return { day: dayText(ms), clock: clockOf(ms) };
}

/** A spreadsheet's bytes as text: UTF-8, or what Chinese spreadsheet programs write without asking. */
export function sheetText(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}
