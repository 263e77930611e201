// The open requests as a page keeps them: a thousand of them, changed fifty times a second. Pure.

import type { RequestView } from "./types";

/** A dissatisfied asker is to be called back. */
export function callBackDue(request: RequestView): boolean {
  return request.state === "closed" && request.evaluation?.call_back_by_ms != null;
}

/** The desk has something to do about it: the matter itself, or a call-back. */
export function isOpen(request: RequestView): boolean {
  return callBackDue(request) || !["closed", "reviewed", "archived", "withdrawn", "merged"].includes(request.state);
}

/**
 * What was known already stays the same object, so that nothing is drawn anew for it. Its version says whether it is the same: a deep look
 * at a thousand takes longer than a click may.
 */
export function keepKnown(known: unknown, fresh: unknown): unknown {
  if (!Array.isArray(known) || !Array.isArray(fresh)) return fresh;
  const before = new Map((known as RequestView[]).map((request) => [request.id, request]));
  return (fresh as RequestView[]).map((request) => {
    const was = before.get(request.id);
    return was?.version === request.version ? was : request;
  });
}

/** The list with this request as it is now: in its place, first if it is new, gone if it belongs there no more. An older view changes nothing. */
export function afterRequest(all: RequestView[], fresh: RequestView, belongs: boolean): RequestView[] {
  const at = all.findIndex((request) => request.id === fresh.id);
  const known = all[at];
  if (known && known.version > fresh.version) return all;
  if (!belongs) return known ? all.filter((request) => request.id !== fresh.id) : all;
  return known ? all.with(at, fresh) : [fresh, ...all];
}
