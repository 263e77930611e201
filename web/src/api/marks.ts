// What is frozen, drawn and written, with one piece of news put in. News that is known already changes nothing.

import type { MarkNews, Marks } from "./types";

export function withMark(marks: Marks, news: MarkNews): Marks {
  const { frame, stroke, line } = news;
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
  return marks;
}
