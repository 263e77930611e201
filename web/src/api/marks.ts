// What is frozen, drawn, written, noted and sent, with one piece of news put in. News that is known already changes nothing.

import type { AttachmentView, MarkNews, Marks } from "./types";

export function withMark(marks: Marks, news: MarkNews): Marks {
  const { frame, stroke, line, file, note } = news;
  if (frame) return marks.frames.some((f) => f.id === frame.id) ? marks : { ...marks, frames: [...marks.frames, frame] };
  if (stroke) {
    const drawn = (strokes: Marks["frames"][number]["strokes"]) => {
      if (stroke.undoes !== null) return strokes.filter((s) => s.seq !== stroke.undoes);
      if (strokes.some((s) => s.seq === stroke.seq)) return strokes;
      return [...strokes, stroke].sort((a, b) => a.seq - b.seq);
    };
    return { ...marks, frames: marks.frames.map((f) => (f.id === stroke.frame_id ? { ...f, strokes: drawn(f.strokes) } : f)) };
  }
  if (line) {
    const known = marks.lines.some((l) => l.at_ms === line.at_ms && l.author === line.author && l.text === line.text);
    return known ? marks : { ...marks, lines: [...marks.lines, line] };
  }
  if (note) return (marks.note?.version ?? 0) > note.version ? marks : { ...marks, note };
  if (file) return marks.files.some((f) => f.id === file.id) ? marks : { ...marks, files: [...marks.files, file] };
  return marks;
}

export interface Spoken {
  key: string;
  at_ms: number;
  author: string;
  text: string;
  file: AttachmentView | null;
}

/** Lines and files as they came, the oldest first. */
export function spoken(marks: Marks | undefined): Spoken[] {
  const lines = (marks?.lines ?? []).map((line, n) => ({ ...line, key: `line ${n}`, file: null }));
  const files = (marks?.files ?? []).map((file) => ({ key: file.id, at_ms: file.kept_ms, author: file.author, text: "", file }));
  return [...lines, ...files].sort((a, b) => a.at_ms - b.at_ms);
}
