import { describe, expect, it } from "vitest";
import { spoken, withMark } from "./marks";
import type { FrameView, Marks, StrokeView } from "./types";

const stroke = (seq: number, undoes: number | null = null): StrokeView => ({
  frame_id: "f", seq, at_ms: seq, author: "李明", sha256: "", undoes,
  drawn: undoes === null ? { tool: "pen", colour: "red", width: 40, points: [[0, 0]], text: "" } : null,
});
const frame: FrameView = {
  id: "f", source: "e", frame_ms: 1, kept_ms: 2, image_type: "webp", width: 1280, height: 720, bytes: 9, sha256: "", author: "李明", strokes: [],
};
const none: Marks = { frames: [], lines: [], files: [], note: null };

describe("withMark", () => {
  it("puts frames, strokes and lines in once, in their order", () => {
    let marks = withMark(withMark(none, { frame }), { frame });
    expect(marks.frames).toHaveLength(1);
    for (const seq of [2, 1, 2]) marks = withMark(marks, { stroke: stroke(seq) });
    expect(marks.frames[0]?.strokes.map((s) => s.seq)).toEqual([1, 2]);
    const line = { at_ms: 5, author: "李明", text: "好" };
    expect(withMark(withMark(marks, { line }), { line }).lines).toEqual([line]);
  });

  it("takes an undone stroke away, and leaves other frames alone", () => {
    const other = { ...frame, id: "g" };
    let marks = withMark(withMark(withMark(none, { frame }), { frame: other }), { stroke: stroke(1) });
    marks = withMark(marks, { stroke: stroke(2, 1) });
    expect(marks.frames.map((f) => f.strokes.length)).toEqual([0, 0]);
    expect(marks.frames[1]).toBe(other);
  });
});

it("a file comes in once, among the lines in their order", () => {
  const file = { id: "f", name: "协议.pdf", file_type: "pdf" as const, bytes: 9, sha256: "", kept_ms: 2, author: "a" };
  const first = withMark(withMark(none, { file }), { line: { at_ms: 3, author: "b", text: "收到" } });
  const all = withMark(withMark(first, { file }), { line: { at_ms: 1, author: "b", text: "请发" } });
  expect(all.files).toEqual([file]);
  expect(spoken(all).map((one) => one.file?.name ?? one.text)).toEqual(["请发", "协议.pdf", "收到"]);
  expect(spoken(undefined)).toEqual([]);
});

it("of two versions of the note the later one stands, in whichever order they come", () => {
  const empty: Marks = { frames: [], lines: [], files: [], note: null };
  const [first, second] = [1, 2].map((version) => ({ version, at_ms: 5, author: "李明", text: `${version}` }));
  if (!first || !second) throw new Error("two versions");
  expect(withMark(withMark(empty, { note: first }), { note: second }).note).toEqual(second);
  expect(withMark(withMark(empty, { note: second }), { note: first }).note).toEqual(second);
});
