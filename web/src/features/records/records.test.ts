// Filters, quality words and the strip of a session.

import { describe, expect, it } from "vitest";
import { isFiltered, readFilters, registerFilter, sessionFilter, writeFilters } from "./filters";
import { averageBps, formatBps, formatShare, grade, lossShare } from "./quality";
import { strip } from "./strip";

describe("filters", () => {
  it("come back from the address as they went in", () => {
    const filters = { site: "s1", kind: "patrol", case: "晋医人调字[2019]011号", from: "2026-11-24", open: "1" };
    const address = writeFilters(filters);
    expect(readFilters(address)).toEqual(filters);
    expect(writeFilters(readFilters(address)).toString()).toBe(address.toString());
    expect(readFilters(new URLSearchParams("q=%20&site="))).toEqual({});
    expect(isFiltered({})).toBe(false);
  });

  it("keep what is not theirs", () => {
    expect(writeFilters({ q: "x" }, new URLSearchParams("tab=2&q=y")).toString()).toBe("tab=2&q=x");
  });

  it("ask the server in its own words, the last day included", () => {
    expect(sessionFilter({ from: "2026-11-24", to: "2026-11-24", open: "1", q: "x", unit: "u" })).toEqual({
      unit_id: "u",
      from_ms: Date.UTC(2026, 10, 23, 16),
      to_ms: Date.UTC(2026, 10, 24, 16),
      q: "x",
      open: true,
    });
    expect(sessionFilter({ from: "yesterday", open: "0", kind: "party" })).toEqual({});
    expect(registerFilter({ kind: "patrol", person: "p" })).toEqual({ person_id: "p" });
  });
});

describe("quality", () => {
  const summary = { packets: 990, bytes: 125_000, lost: 10, repaired: 5, jitter_ms: 4 };

  it("is graded by what was lost for good", () => {
    expect(lossShare(summary)).toBe(0.01);
    expect(grade(summary)).toBe("good");
    expect(grade({ ...summary, lost: 11 })).toBe("fair");
    expect(grade({ ...summary, lost: 100 })).toBe("poor");
    expect(grade({ ...summary, jitter_ms: 60 })).toBe("fair");
    expect(grade(null)).toBe("none");
    expect(grade({ ...summary, packets: 0, lost: 0 })).toBe("none");
  });

  it("is said in figures", () => {
    expect(averageBps(summary, 0, 1_000)).toBe(1_000_000);
    expect(averageBps(summary, 0, null)).toBeNull();
    expect(averageBps(summary, 5, 5)).toBeNull();
    expect([formatBps(1_540_000), formatBps(32_400)]).toEqual(["1.5 Mbit/s", "32 kbit/s"]);
    expect([formatShare(0), formatShare(0.00001), formatShare(0.0123), formatShare(0.5)]).toEqual(["0.00%", "<0.01%", "1.23%", "50.0%"]);
  });
});

describe("the strip", () => {
  const at = (minute: number) => Date.UTC(2026, 10, 24, 1, minute);

  it("places bars, cut to the session, and never too thin to see", () => {
    const { lanes } = strip(
      [
        { key: "a", label: "A", lane: "watch", fromMs: at(0), toMs: at(5) },
        { key: "b", label: "B", lane: "video", fromMs: at(-60), toMs: null },
        { key: "c", label: "C", lane: "watch", fromMs: at(10), toMs: at(10) },
      ],
      at(0),
      at(10),
    );
    expect(lanes.map((l) => l.lane)).toEqual(["watch", "video"]);
    expect(lanes[0]?.bars[0]).toMatchObject({ left: 0, width: 50, open: false });
    expect(lanes[1]?.bars[0]).toMatchObject({ left: 0, width: 100, open: true });
    const thin = lanes[0]?.bars[1];
    expect(thin && thin.left + thin.width).toBeCloseTo(100);
    expect(thin?.width).toBeGreaterThan(0.3);
  });

  it("ticks on whole steps, a handful at most", () => {
    for (const span of [0, 7_000, 60_000, 3_600_000, 40 * 3_600_000, 90 * 86_400_000]) {
      const { ticks } = strip([], at(0), at(0) + span);
      expect(ticks.length).toBeLessThanOrEqual(9);
    }
    expect(strip([], at(0), at(10)).ticks.map((t) => t.left)).toEqual([0, 20, 40, 60, 80, 100]);
  });
});
