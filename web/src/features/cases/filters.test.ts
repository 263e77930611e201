import { expect, test } from "vitest";
import { isCaseFiltered, readCaseFilters, timelineFilter, writeCaseFilters } from "./filters";

test("filters survive the address, and what is no kind is left out", () => {
  const read = readCaseFilters(new URLSearchParams("kinds=note,smell,drawing,note&unit=u1&from=2026-11-26"));
  expect(read).toEqual({ kinds: ["note", "drawing"], unit: "u1", from: "2026-11-26", to: "" });
  expect(readCaseFilters(writeCaseFilters(read))).toEqual(read);
  expect(isCaseFiltered(readCaseFilters(new URLSearchParams()))).toBe(false);
});

test("the server is asked for Beijing days, the last one included", () => {
  const day = { kinds: [], unit: "", from: "2026-11-26", to: "2026-11-26" };
  const { from_ms = 0, to_ms = 0 } = timelineFilter(day);
  expect(from_ms).toBe(Date.UTC(2026, 10, 25, 16));
  expect(to_ms - from_ms).toBe(24 * 3_600_000);
  expect(timelineFilter({ kinds: ["note"], unit: "", from: "", to: "" })).toEqual({ kinds: "note" });
});
