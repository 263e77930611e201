// The geometry of a quality curve: from intervals to paths, marks and a scale. The plane is 1000 wide and 100 high, whatever the screen.

import type { QualityPoint } from "@/api/types";

export const WIDTH = 1_000;
export const HEIGHT = 100;
/** Intervals that lie further apart do not touch: nothing flowed in between. */
const GAP_MS = 3_000;

export interface Span {
  fromMs: number;
  toMs: number;
}

/** Where a moment lies; what lies outside is cut to the edge. */
export function across(ms: number, { fromMs, toMs }: Span): number {
  const share = (ms - fromMs) / Math.max(1, toMs - fromMs);
  return round(Math.min(1, Math.max(0, share)) * WIDTH);
}

/** The smallest of 1, 2, 3, 5, 10, 20, … that is not below any value; `least` for a curve that is flat on the ground. */
export function niceTop(values: readonly (number | null)[], least: number): number {
  const largest = Math.max(least, ...values.map((value) => value ?? 0));
  const unit = 10 ** Math.floor(Math.log10(largest));
  return [1, 2, 3, 5, 10].map((n) => n * unit).find((top) => top >= largest * 0.999_999) ?? largest;
}

export interface Curve {
  line: string;
  /** The same, closed along the ground. */
  area: string;
}

/** A stepped line over the intervals; where a value is missing or nothing flowed it is broken. */
export function curve(points: readonly QualityPoint[], span: Span, top: number, value: (point: QualityPoint) => number | null): Curve {
  let line = "";
  let area = "";
  let start: number | null = null;
  let last: { toMs: number; x: number } | null = null;
  const close = () => {
    if (start !== null && last !== null) area += `V${HEIGHT}H${start}Z`;
    [start, last] = [null, null];
  };
  for (const point of points) {
    const is = value(point);
    if (is === null || (last !== null && point.from_ms - last.toMs > GAP_MS)) close();
    if (is === null) continue;
    const y = round((1 - Math.min(1, Math.max(0, is / top))) * HEIGHT);
    const [from, to] = [across(point.from_ms, span), across(point.to_ms, span)];
    if (last === null) {
      start = from;
      line += `M${from} ${y}`;
      area += `M${from} ${y}`;
    } else {
      line += `V${y}`;
      area += `V${y}`;
    }
    line += `H${to}`;
    area += `H${to}`;
    last = { toMs: point.to_ms, x: to };
  }
  close();
  return { line, area };
}

export type MarkKind = "freeze" | "pause";

export interface Mark extends Span {
  kind: MarkKind;
  times: number;
  /** How long in all; of several viewers, of the one it lasted longest for. */
  ms: number;
}

/** When pictures stood still or were paused; neighbours of a kind are one mark. In the order of time. */
export function marks(points: readonly QualityPoint[]): Mark[] {
  const found: Mark[] = [];
  for (const kind of ["pause", "freeze"] as const) {
    let open: Mark | null = null;
    for (const { from_ms: fromMs, to_ms: toMs, viewers } of points) {
      const times = (kind === "freeze" ? viewers?.freezes : viewers?.pauses) ?? 0;
      const ms = (kind === "freeze" ? viewers?.frozen_ms : viewers?.paused_ms) ?? 0;
      if (ms === 0 && times === 0) {
        open = null;
        continue;
      }
      if (open && fromMs - open.toMs <= GAP_MS) {
        open.toMs = toMs;
        open.times += times;
        open.ms += ms;
      } else {
        open = { kind, fromMs, toMs, times, ms };
        found.push(open);
      }
    }
  }
  return found.sort((a, b) => a.fromMs - b.fromMs || (a.kind < b.kind ? -1 : 1));
}

export interface Totals {
  /** Bits over time, in bit/s. */
  bitrate: number;
  loss: number | null;
  worstLoss: number | null;
  rtt: number | null;
  freezes: number;
  frozenMs: number;
  pauses: number;
  pausedMs: number;
}

/** The whole curve in a few figures. */
export function totals(points: readonly QualityPoint[]): Totals {
  const length = (p: QualityPoint) => Math.max(1, p.to_ms - p.from_ms);
  const all = points.reduce((sum, p) => sum + length(p), 0);
  const most = (values: (number | null | undefined)[]) => {
    const known = values.filter((value) => value !== null && value !== undefined);
    return known.length > 0 ? Math.max(...known) : null;
  };
  const lossy = points.filter((p) => p.loss !== null);
  const sum = (of: (viewers: NonNullable<QualityPoint["viewers"]>) => number) => points.reduce((total, p) => total + (p.viewers ? of(p.viewers) : 0), 0);
  return {
    bitrate: all > 0 ? points.reduce((total, p) => total + p.bitrate_bps * length(p), 0) / all : 0,
    loss: lossy.length > 0 ? lossy.reduce((total, p) => total + (p.loss ?? 0) * length(p), 0) / lossy.reduce((total, p) => total + length(p), 0) : null,
    worstLoss: most(points.flatMap((p) => [p.loss, p.viewers?.loss_worst])),
    rtt: most(points.flatMap((p) => [p.rtt_ms, p.viewers?.rtt_worst_ms])),
    freezes: sum((v) => v.freezes),
    frozenMs: sum((v) => v.frozen_ms),
    pauses: sum((v) => v.pauses),
    pausedMs: sum((v) => v.paused_ms),
  };
}

/** The interval at a place of the plane, or the one nearest to it. */
export function pointAt(points: readonly QualityPoint[], span: Span, x: number): QualityPoint | null {
  const at = span.fromMs + (x / WIDTH) * (span.toMs - span.fromMs);
  let nearest: QualityPoint | null = null;
  let least = Infinity;
  for (const point of points) {
    const away = Math.max(0, point.from_ms - at, at - point.to_ms);
    if (away < least) [nearest, least] = [point, away];
  }
  return nearest;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
