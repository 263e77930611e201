// The strip of a session: who and what was there when, as bars along one time line.

export interface Interval {
  key: string;
  label: string;
  lane: string;
  fromMs: number;
  /** Null: still running. */
  toMs: number | null;
}

export interface Bar {
  key: string;
  label: string;
  /** Per cent of the strip's width. */
  left: number;
  width: number;
  open: boolean;
  fromMs: number;
  toMs: number | null;
}

export interface Strip {
  lanes: { lane: string; bars: Bar[] }[];
  ticks: { atMs: number; left: number }[];
}

/** Thinner bars cannot be seen, nor clicked. */
const THINNEST = 0.4;
const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400].map((s) => s * 1_000);
const MOST_TICKS = 8;

/** Lanes in the order in which they first appear; bars are cut to the session. */
export function strip(intervals: readonly Interval[], startMs: number, endMs: number): Strip {
  const span = Math.max(1, endMs - startMs);
  const place = (ms: number) => (Math.min(Math.max(ms, startMs), startMs + span) - startMs) / span * 100;
  const lanes = new Map<string, Bar[]>();
  for (const { key, label, lane, fromMs, toMs } of intervals) {
    const left = Math.min(place(fromMs), 100 - THINNEST);
    const width = Math.min(Math.max(place(toMs ?? endMs) - left, THINNEST), 100 - left);
    const bars = lanes.get(lane) ?? [];
    bars.push({ key, label, left, width, open: toMs === null, fromMs, toMs });
    lanes.set(lane, bars);
  }
  const step = STEPS_MS.find((s) => span / s <= MOST_TICKS) ?? Math.ceil(span / MOST_TICKS / 86_400_000) * 86_400_000;
  const ticks = [];
  // Ticks fall on whole steps of Beijing time.
  const zone = 8 * 3_600_000;
  for (let at = Math.ceil((startMs + zone) / step) * step - zone; at <= startMs + span; at += step) ticks.push({ atMs: at, left: place(at) });
  return { lanes: [...lanes].map(([lane, bars]) => ({ lane, bars })), ticks };
}
