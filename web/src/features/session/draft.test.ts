import { expect, it } from "vitest";
import { joined, newerThan, readDraft, written } from "./draft";

const note = (version: number, text: string) => ({ version, text, author: "李明", at_ms: 1 });

it("what the browser kept comes back, and nothing else is taken for it", () => {
  expect(readDraft(JSON.stringify({ version: 2, text: "未完" }))).toEqual({ version: 2, text: "未完" });
  for (const kept of [null, "", "未完", "null", "[]", '{"version":"2","text":"x"}', '{"version":2}']) expect(readDraft(kept)).toBeNull();
});

it("a draft remembers the version that it was begun from, however many come after", () => {
  expect(written(null, null, "一")).toEqual({ version: 0, text: "一" });
  const begun = written(null, note(3, "旧"), "旧，加一句");
  expect(written(begun, note(4, "别人的"), "旧，加两句")).toEqual({ version: 3, text: "旧，加两句" });
});

it("somebody else's newer version is shown, unless it says the same", () => {
  const mine = { version: 1, text: "我的 " };
  expect(newerThan(mine, note(2, "别人的"))?.version).toBe(2);
  expect(newerThan(mine, note(2, "我的"))).toBeNull();
  expect(newerThan(mine, note(1, "旧"))).toBeNull();
  expect(newerThan(null, note(2, "别人的"))).toBeNull();
  expect(joined(mine, note(2, "别人的"))).toEqual({ version: 2, text: "我的\n\n别人的" });
});
