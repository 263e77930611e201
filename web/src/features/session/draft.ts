// What somebody writes into a note and has not kept yet, and which version it was begun from.

import type { NoteView } from "@/api/types";

export interface Draft {
  /** The version that was read, 0 when there was none. */
  version: number;
  text: string;
}

/** As the browser kept it; what is no draft is none. */
export function readDraft(kept: string | null): Draft | null {
  try {
    const { version, text } = JSON.parse(kept ?? "null") as Draft;
    return Number.isInteger(version) && typeof text === "string" ? { version, text } : null;
  } catch {
    return null;
  }
}

/** What is written next, by whoever reads the latest version. */
export function written(draft: Draft | null, latest: NoteView | null, text: string): Draft {
  return { version: draft?.version ?? latest?.version ?? 0, text };
}

/** A version that somebody else kept since: to be looked at before one's own is kept. */
export function newerThan(draft: Draft | null, latest: NoteView | null): NoteView | null {
  return draft && latest && latest.version > draft.version && latest.text !== draft.text.trim() ? latest : null;
}

/** Both texts, one's own first. */
export function joined(draft: Draft, latest: NoteView): Draft {
  return { version: latest.version, text: `${draft.text.trimEnd()}\n\n${latest.text}` };
}
