import { describe, expect, it } from "vitest";
import { dayEnd, dayStart, spanDays } from "./days";

describe("days are Beijing's", () => {
  it("end where the next begins", () => {
    expect(dayStart("2026-11-24")).toBe(Date.UTC(2026, 10, 23, 16));
    expect(dayEnd("2026-11-24")).toBe(dayStart("2026-11-25"));
    for (const day of [undefined, "", "2026-02-30"]) expect(dayEnd(day)).toBeUndefined();
  });

  it("span to today", () => {
    expect(spanDays("week", Date.UTC(2026, 10, 24, 17))).toEqual({ from: "2026-11-19", to: "2026-11-25" });
    expect(spanDays("today", Date.UTC(2026, 10, 24, 17))).toEqual({ from: "2026-11-25", to: "2026-11-25" });
  });
});
