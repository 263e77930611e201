import { expect, test } from "vitest";
import type { Limits, Rules } from "@/api/types";
import { amountOf, sameRules, spanOf } from "./rules";

test("a span is told in its largest whole unit, and comes back as it was", () => {
  for (const span of [{ ms: 900_000 }, { ms: 86_400_000 }, { ms: 5_400_000 }, { working_days: 3 }]) expect(spanOf(amountOf(span))).toEqual(span);
  expect(amountOf({ ms: 86_400_000 })).toEqual({ count: 24, unit: "hours" });
  expect(amountOf({ ms: 5_400_000 })).toEqual({ count: 90, unit: "minutes" });
});

test("rules differ by any of their values", () => {
  const limits: Limits = { response: { ms: 1 }, pickup: { ms: 1 }, closing: { working_days: 3 }, directive_after: { ms: 1 } };
  const rules: Rules = { ladder: { chief_ms: 15_000, leader_ms: 30_000 }, life: limits, utilities: limits, ordinary: limits };
  expect(sameRules(rules, structuredClone(rules))).toBe(true);
  expect(sameRules(rules, { ...rules, ordinary: { ...limits, closing: { working_days: 2 } } })).toBe(false);
  expect(sameRules(rules, { ...rules, ladder: { chief_ms: 15_000, leader_ms: 40_000 } })).toBe(false);
});
