import { expect, test } from "vitest";
import { readAnew, type ConsentDraft } from "./consent-draft";

const draft: ConsentDraft = { sha256: "a", name: "张三", picture: true, sound: true, renewed: false };

test("another text takes back the ticks and nothing else", () => {
  expect(readAnew(draft, "b")).toEqual({ sha256: "b", name: "张三", picture: false, sound: false, renewed: true });
});

test("the same text leaves the form alone", () => {
  expect(readAnew(draft, "a")).toBe(draft);
  const renewed = readAnew(draft, "b");
  expect(readAnew(renewed, "b")).toBe(renewed);
});
