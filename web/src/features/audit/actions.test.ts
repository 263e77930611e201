import { expect, it } from "vitest";
import { saidOf } from "@/api/contract.fixture";
import { ACTIONS, OBJECTS } from "./actions";

it.each([["AuditAction", ACTIONS], ["AuditObject", OBJECTS]] as const)("every word of %s is said as the server says it", (name, words) => {
  expect(words).toEqual(saidOf(name));
});
