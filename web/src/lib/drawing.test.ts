import { describe, expect, it } from "vitest";
import { boxOf, pathOf, pointOf, thinned, type Point } from "./drawing";

const frame = { width: 1000, height: 500 };

describe("drawing", () => {
  it("keeps points inside the frame", () => {
    const box = { left: 100, top: 50, width: 200, height: 100 };
    expect(pointOf(200, 100, box)).toEqual([5000, 5000]);
    expect(pointOf(0, 999, box)).toEqual([0, 10000]);
  });

  it("thins a stroke to what the server takes, with both its ends", () => {
    const many: Point[] = Array.from({ length: 5000 }, (_, n) => [n * 2, (n * 37) % 10000]);
    const kept = thinned(many);
    expect(kept.length).toBeLessThanOrEqual(1000);
    expect(kept[0]).toEqual(many[0]);
    expect(kept.at(-1)).toEqual(many.at(-1));
    expect(thinned([[1, 1]])).toEqual([[1, 1]]);
    expect(thinned([])).toEqual([]);
  });

  it("spells shapes in the frame's own pixels", () => {
    const drawn = { tool: "pen" as const, colour: "red" as const, width: 40, points: [[0, 0], [10000, 10000]] as Point[], text: "" };
    expect(pathOf(drawn, frame)).toBe("M0.0 0.0L1000.0 500.0");
    expect(pathOf({ ...drawn, tool: "arrow" }, frame).split("M")).toHaveLength(3);
    expect(pathOf({ ...drawn, points: [] }, frame)).toBe("");
    expect(boxOf([[10000, 10000], [5000, 0]], frame)).toEqual({ x: 500, y: 0, width: 500, height: 500 });
  });
});
