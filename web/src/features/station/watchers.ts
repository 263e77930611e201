// Who is watching, as the banner shows it: told by the station's view, and moved at once by the events in between.

import type { Watcher } from "@/api/types";

export interface SessionNews {
  kind: string;
  session_id: string | null;
  payload: unknown;
}

/** The list after one event. The same list is returned when nothing changed. */
export function afterNews(watchers: Watcher[], news: SessionNews): Watcher[] {
  const id = news.session_id;
  if (!id || !news.kind.startsWith("session.") || news.kind === "session.marked") return watchers;
  const told = summary(news.payload);
  // An assistance is no watching: it has a place of its own on the page.
  if (told.kind === "assist") return watchers;
  const over = news.kind === "session.ended" || (told.state !== "" && told.state !== "open");
  if (over) {
    return watchers.some((w) => w.session_id === id) ? watchers.filter((w) => w.session_id !== id) : watchers;
  }
  const watcher: Watcher = {
    session_id: id,
    number: told.number,
    name: told.observer_name,
    unit: told.observer_unit,
    purpose: told.purpose,
    since_ms: told.started_ms,
    mode: "watch",
    audio: told.audio,
  };
  if (watchers.some((w) => w.session_id === id && same(w, watcher))) return watchers;
  return [...watchers.filter((w) => w.session_id !== id), watcher].sort((a, b) => a.since_ms - b.since_ms);
}

function same(a: Watcher, b: Watcher): boolean {
  return a.number === b.number && a.name === b.name && a.unit === b.unit && a.purpose === b.purpose && a.audio === b.audio && a.since_ms === b.since_ms;
}

function summary(payload: unknown) {
  const fields: Record<string, unknown> = typeof payload === "object" && payload !== null ? { ...payload } : {};
  const text = (key: string) => (typeof fields[key] === "string" ? fields[key] : "");
  return {
    number: text("number"),
    state: text("state"),
    kind: text("kind"),
    observer_name: text("observer_name"),
    observer_unit: text("observer_unit"),
    purpose: text("purpose"),
    started_ms: typeof fields["started_ms"] === "number" ? fields["started_ms"] : 0,
    audio: fields["audio"] === true,
  };
}
