import { describe, expect, it } from "vitest";
import { makePassword, weaknesses } from "./password";

describe("passwords", () => {
  it("are told everything that they lack", () => {
    expect(weaknesses("Lianxian@2026", "zhihuizhang")).toEqual([]);
    expect(weaknesses("abc", "")).toEqual(["short", "upper", "digit", "other"]);
    expect(weaknesses("Liming2026!", "liming")).toEqual(["name"]);
    expect(weaknesses("东丽Abc123", "liming")).toEqual([]);
    expect(weaknesses("Aa1!".repeat(40), "")).toEqual(["long"]);
  });

  it("that are made keep the rules", () => {
    let seed = 7;
    const draw = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n;
    for (let i = 0; i < 200; i++) expect(weaknesses(makePassword(draw), "liming")).toEqual([]);
  });
});
