import { expect, test } from "vitest";
import type { ClockView, RequestView } from "@/api/types";
import { holds, newsOf } from "./news";

const clock: ClockView = { started_ms: 0, due_ms: 10, stopped_ms: null, paused_since_ms: null, paused_ms: 0, reminded_ms: null, directed_ms: null };
const late: ClockView = { ...clock, reminded_ms: 11 };
const me = { person_id: "me", name: "孙雅琴" };
const other = { person_id: "other", name: "李明" };
const taken = { id: "r", state: "taken", owner: other, assignee: other, response: clock, pickup: clock, closing: clock, evaluation: null } as unknown as RequestView;
const given: RequestView = { ...taken, state: "dispatched", assignee: me };
const kinds = (before: RequestView[], now: RequestView[]) => newsOf(before, now, "me").map((one) => one.kind);

test("whoever is given a request is told once, also of one that they never saw before", () => {
  expect(kinds([taken], [given])).toEqual(["given"]);
  expect(kinds([], [given])).toEqual(["given"]);
  expect(kinds([given], [{ ...given, version: 2 }])).toEqual([]);
  expect(newsOf([taken], [given], "other")).toEqual([]);
});

test("a reminder is told to whoever has it, once for each clock", () => {
  const mine: RequestView = { ...given, state: "taken" };
  expect(kinds([mine], [{ ...mine, closing: late }])).toEqual(["reminded"]);
  expect(kinds([{ ...mine, closing: late }], [{ ...mine, closing: late }])).toEqual([]);
  expect(kinds([{ ...mine, pickup: late }], [{ ...mine, pickup: late, closing: { ...late, reminded_ms: 20 } }])).toEqual(["reminded"]);
  expect(kinds([taken], [{ ...taken, closing: late }])).toEqual([]);
  // An old reminder of what comes into sight is no news.
  expect(kinds([], [{ ...mine, closing: late }])).toEqual([]);
});

test("a notice goes when it is taken up, given to somebody else, or over", () => {
  expect(holds("given", given, "me")).toBe(true);
  expect(holds("given", { ...given, state: "taken" }, "me")).toBe(false);
  expect(holds("given", { ...given, assignee: other }, "me")).toBe(false);
  expect(holds("reminded", { ...given, pickup: late }, "me")).toBe(true);
  expect(holds("reminded", { ...given, pickup: { ...late, stopped_ms: 12 } }, "me")).toBe(false);
  expect(holds("reminded", undefined, "me")).toBe(false);
});
