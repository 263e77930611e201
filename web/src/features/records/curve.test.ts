import { describe, expect, it, test } from "vitest";
import type { QualityPoint, ViewersFigures } from "@/api/types";
import { across, curve, HEIGHT, marks, niceTop, pointAt, totals, WIDTH } from "./curve";

const viewers = (over: Partial<ViewersFigures> = {}): ViewersFigures => ({
  viewers: 1, bitrate_bps: 900_000, loss_median: 0, loss_worst: 0.02, rtt_median_ms: 20, rtt_worst_ms: 30, jitter_worst_ms: 4, estimate_median_bps: 3_000_000,
  estimate_lowest_bps: 3_000_000, smallest_width: 640, smallest_height: 360, pauses: 0, paused_ms: 0, freezes: 0, frozen_ms: 0, ...over,
});
const point = (from: number, over: Partial<QualityPoint> = {}): QualityPoint => ({
  from_ms: from * 10_000, to_ms: (from + 1) * 10_000, bitrate_bps: 1_000_000, width: 640, height: 360, loss: 0, lost: 0, jitter_ms: 3, rtt_ms: null, viewers: viewers(), ...over,
});
const span = { fromMs: 0, toMs: 100_000 };

describe("a curve", () => {
  it("is stepped, and lies within the plane", () => {
    const { line, area } = curve([point(0), point(1, { bitrate_bps: 500_000 })], span, 1_000_000, (p) => p.bitrate_bps);
    expect(line).toBe("M0 0H100V50H200");
    expect(area).toBe("M0 0H100V50H200V100H0Z");
    const above = curve([point(-2), point(20, { bitrate_bps: 9e9 })], span, 1_000_000, (p) => p.bitrate_bps);
    for (const n of above.line.match(/[\d.]+/g) ?? []) expect(Number(n)).toBeLessThanOrEqual(WIDTH);
    expect(HEIGHT).toBe(100);
  });

  it("is broken where nothing flowed and where nothing was measured", () => {
    const gap = curve([point(0), point(3)], span, 1_000_000, (p) => p.bitrate_bps);
    expect(gap.line).toBe("M0 0H100M300 0H400");
    expect(gap.area.match(/Z/g)).toHaveLength(2);
    const hole = curve([point(0), point(1, { loss: null }), point(2)], span, 1, (p) => p.loss);
    expect(hole.line).toBe("M0 100H100M200 100H300");
    expect(curve([], span, 1, () => 1)).toEqual({ line: "", area: "" });
    const jitter = curve([point(0), { ...point(1), from_ms: 10_900 }], span, 1_000_000, (p) => p.bitrate_bps);
    expect(jitter.line.match(/M/g)).toHaveLength(1);
  });

  it("has a scale that people read", () => {
    expect(niceTop([1_340_000, null], 100_000)).toBe(2_000_000);
    expect(niceTop([5], 1)).toBe(5);
    expect(niceTop([5.1], 1)).toBe(10);
    expect(niceTop([], 100)).toBe(100);
    expect(niceTop([0, null], 1)).toBe(1);
    expect(across(50_000, span)).toBe(500);
    expect(across(5, { fromMs: 5, toMs: 5 })).toBe(0);
  });
});

test("freezes and pauses are marks, neighbours one", () => {
  const frozen = (n: number) => point(n, { viewers: viewers({ freezes: 1, frozen_ms: 1_500 }) });
  const found = marks([point(0), frozen(1), frozen(2), point(3), frozen(4), point(5, { viewers: viewers({ pauses: 1, paused_ms: 8_000 }) }), point(6, { viewers: null })]);
  expect(found.map((m) => [m.kind, m.fromMs, m.toMs, m.times, m.ms])).toEqual([
    ["freeze", 10_000, 30_000, 2, 3_000],
    ["freeze", 40_000, 50_000, 1, 1_500],
    ["pause", 50_000, 60_000, 1, 8_000],
  ]);
  // A pause that goes on begins no second time.
  const on = marks([point(0, { viewers: viewers({ pauses: 1, paused_ms: 9_000 }) }), point(1, { viewers: viewers({ paused_ms: 10_000 }) })]);
  expect(on).toMatchObject([{ times: 1, ms: 19_000 }]);
});

test("the whole is told by what it weighs, and by its worst", () => {
  const all = totals([point(0, { loss: 0.1 }), point(1, { bitrate_bps: 0, loss: null, viewers: viewers({ loss_worst: 0.3, freezes: 2, frozen_ms: 2_000 }) })]);
  expect(all).toMatchObject({ bitrate: 500_000, loss: 0.1, worstLoss: 0.3, rtt: 30, freezes: 2, frozenMs: 2_000, pauses: 0 });
  expect(totals([])).toMatchObject({ bitrate: 0, loss: null, worstLoss: null, rtt: null });
});

test("the pointer finds the interval beneath it, or the nearest", () => {
  const points = [point(0), point(5)];
  expect(pointAt(points, span, 20)).toBe(points[0]);
  expect(pointAt(points, span, 450)).toBe(points[1]);
  expect(pointAt([], span, 1)).toBeNull();
});
