import { expect, test } from "vitest";
import { afterRequest, keepKnown } from "./open-requests";
import type { RequestView } from "./types";

const request = (id: string, version: number): RequestView => ({ id, version }) as RequestView;

test("what did not change stays the same object, what did is the new one", () => {
  const known = [request("a", 1), request("b", 2), request("c", 1)];
  const fresh = [request("b", 3), request("a", 1), request("d", 1)];
  const kept = keepKnown(known, fresh) as RequestView[];
  expect(kept.map((one) => [one.id, one.version])).toEqual([["b", 3], ["a", 1], ["d", 1]]);
  expect(kept[1]).toBe(known[0]);
  expect(kept[0]).toBe(fresh[0]);
  expect(keepKnown(undefined, fresh)).toBe(fresh);
});

test("an older view changes nothing, a new request comes first, one that is closed goes", () => {
  const all = [request("a", 2), request("b", 1)];
  expect(afterRequest(all, request("a", 1), true)).toBe(all);
  expect(afterRequest(all, request("c", 1), true).map((one) => one.id)).toEqual(["c", "a", "b"]);
  expect(afterRequest(all, request("b", 2), false).map((one) => one.id)).toEqual(["a"]);
  expect(afterRequest(all, request("z", 1), false)).toBe(all);
});
