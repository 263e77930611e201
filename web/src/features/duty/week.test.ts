import { expect, test } from "vitest";
import type { ShiftView } from "@/api/types";
import { clockOf, DAY_MS, dragged, filling, HOUR_MS, momentOf, place, rows, sheetText, WEEK_MS, weekStart } from "./week";

/** 2026-11-26 08:00 in Beijing, a Thursday. */
const THURSDAY = 1_795_651_200_000;
const MONDAY = THURSDAY - 8 * HOUR_MS - 3 * DAY_MS;

test("a week begins on Monday at midnight in Beijing", () => {
  expect(weekStart(THURSDAY)).toBe(MONDAY);
  expect(weekStart(MONDAY)).toBe(MONDAY);
  expect(weekStart(MONDAY - 1)).toBe(MONDAY - WEEK_MS);
  expect(weekStart(MONDAY + WEEK_MS - 1)).toBe(MONDAY);
  expect(weekStart(-5 * DAY_MS)).toBeLessThanOrEqual(-5 * DAY_MS);
});

test("a span is placed on the line and cut at its edges", () => {
  expect(place(0, 10, 0, 100)).toEqual({ left: 0, width: 0.1, before: false, after: false });
  expect(place(-10, 10, 0, 100)).toEqual({ left: 0, width: 0.1, before: true, after: false });
  expect(place(90, 200, 0, 100)).toEqual({ left: 0.9, width: 0.1, before: false, after: true });
  expect(place(100, 200, 0, 100)).toBeNull();
  expect(place(-10, 0, 0, 100)).toBeNull();
});

test("a gap is filled from now on, to its end or half a day, however little of it is left", () => {
  const minute = 60_000;
  const gap = { from_ms: THURSDAY, to_ms: THURSDAY + 2 * DAY_MS };
  expect(filling(gap, THURSDAY - HOUR_MS)).toEqual({ starts_ms: THURSDAY, ends_ms: THURSDAY + 12 * HOUR_MS });
  expect(filling(gap, THURSDAY + 41 * minute + 7)).toEqual({ starts_ms: THURSDAY + 41 * minute, ends_ms: THURSDAY + 12.5 * HOUR_MS });
  const evening = { from_ms: THURSDAY, to_ms: THURSDAY + HOUR_MS };
  expect(filling(evening, THURSDAY + 41 * minute)).toEqual({ starts_ms: THURSDAY + 41 * minute, ends_ms: THURSDAY + HOUR_MS });
  expect(filling(evening, THURSDAY + 58 * minute)).toEqual({ starts_ms: THURSDAY + 58 * minute, ends_ms: THURSDAY + 68 * minute });
});

test("a drag moves by half hours and keeps the length", () => {
  const shift = { starts_ms: THURSDAY, ends_ms: THURSDAY + 12 * HOUR_MS };
  expect(dragged(shift, "move", 40 * 60_000)).toEqual({ starts_ms: THURSDAY + HOUR_MS / 2, ends_ms: THURSDAY + 12.5 * HOUR_MS });
  expect(dragged(shift, "move", 10 * 60_000)).toEqual(shift);
  expect(dragged(shift, "end", -2 * HOUR_MS)).toEqual({ starts_ms: THURSDAY, ends_ms: THURSDAY + 10 * HOUR_MS });
  expect(dragged(shift, "start", 2 * HOUR_MS)).toEqual({ starts_ms: THURSDAY + 2 * HOUR_MS, ends_ms: shift.ends_ms });
});

test("a drag never makes a shift that the server refuses for its length", () => {
  const shift = { starts_ms: THURSDAY, ends_ms: THURSDAY + 12 * HOUR_MS };
  expect(dragged(shift, "end", -3 * DAY_MS).ends_ms).toBe(THURSDAY + HOUR_MS / 2);
  expect(dragged(shift, "end", 3 * DAY_MS).ends_ms).toBe(THURSDAY + DAY_MS);
  expect(dragged(shift, "start", 3 * DAY_MS).starts_ms).toBe(shift.ends_ms - HOUR_MS / 2);
  expect(dragged(shift, "start", -3 * DAY_MS).starts_ms).toBe(shift.ends_ms - DAY_MS);
});

test("rows go up the ladder, one for each person in each role", () => {
  const shift = (role: ShiftView["role"], id: string, name: string) => ({ role, person: { id, name } }) as ShiftView;
  const found = rows([shift("duty_leader", "l", "刘建国"), shift("operator", "s", "孙雅琴"), shift("operator", "l", "李明"), shift("operator", "s", "孙雅琴")]);
  expect(found.map((row) => [row.role, row.person.name, row.shifts.length])).toEqual([
    ["operator", "李明", 1],
    ["operator", "孙雅琴", 2],
    ["duty_leader", "刘建国", 1],
  ]);
});

test("moments are typed as day and clock", () => {
  expect(momentOf("2026-11-26", "08:00")).toBe(THURSDAY);
  expect(momentOf("2026-11-25", "24:00")).toBe(momentOf("2026-11-26", "00:00"));
  for (const [day, clock] of [["2026-02-30", "08:00"], ["2026-11-26", "25:00"], ["2026-11-26", "8"], ["", "08:00"]] as const) expect(momentOf(day, clock)).toBeNull();
  expect(clockOf(MONDAY)).toBe("00:00");
  expect(clockOf(MONDAY, true)).toBe("24:00");
});

test("a sheet is read in UTF-8 or in the encoding of Chinese spreadsheet programs", () => {
  const utf8 = new TextEncoder().encode("姓名,岗位");
  expect(sheetText(utf8.buffer)).toBe("姓名,岗位");
  expect(sheetText(new Uint8Array([0xd0, 0xd5, 0xc3, 0xfb]).buffer)).toBe("姓名");
});
