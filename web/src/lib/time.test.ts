import { describe, expect, test } from "vitest";
import { agoText, clockText, dayText, durationText, startOfDay, timeText } from "./time";

const AT = Date.UTC(2026, 10, 24, 1, 5, 12);

describe("times are Beijing times", () => {
  test("whatever the machine's own zone", () => {
    expect(timeText(AT, AT)).toBe("11-24 09:05:12");
    expect(clockText(AT)).toBe("09:05:12");
    expect(timeText(AT, Date.UTC(2027, 5, 1))).toBe("2026-11-24 09:05:12");
  });
  test("the day changes at Beijing's midnight", () => {
    expect(dayText(Date.UTC(2026, 10, 24, 15, 59, 59))).toBe("2026-11-24");
    expect(dayText(Date.UTC(2026, 10, 24, 16))).toBe("2026-11-25");
    expect(startOfDay("2026-11-25")).toBe(Date.UTC(2026, 10, 24, 16));
    expect(startOfDay("2026-02-30")).toBeNull();
    expect(startOfDay("soon")).toBeNull();
  });
});

test("durations", () => {
  expect(durationText(-5)).toBe("00:00");
  expect(durationText(192_999)).toBe("03:12");
  expect(durationText(3_792_000)).toBe("1:03:12");
});

test("how long ago, in one unit", () => {
  expect(agoText(0, "zh")).toBe("0 秒");
  expect(agoText(59_999, "en")).toBe("59 s");
  expect(agoText(200_000, "zh")).toBe("3 分");
  expect(agoText(2 * 86_400_000, "zh")).toBe("2 天");
});
