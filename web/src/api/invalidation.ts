// Which cached answers an event makes old. The cache is never a second truth: it is what the server said, until the server says it changed.

import { hashKey, notifyManager, type QueryClient, type QueryKey } from "@tanstack/react-query";
import { withMark } from "./marks";
import { afterRequest, isOpen } from "./open-requests";
import type { MarkNews, Marks, OutboxEvent, OrgTree, PresenceView, PrivacySwitch, RequestView } from "./types";

export function keysOf(event: OutboxEvent): QueryKey[] {
  const session: QueryKey[] = event.session_id ? [["sessions", "one", event.session_id], ["assists", event.session_id]] : [];
  switch (event.kind) {
    case "presence.changed":
      return session;
    case "privacy.changed":
      return [["presence"], ["station", "view"]];
    case "watch.opened":
    case "watch.ended":
      return [["watches"]];
    case "session.opened":
    case "session.updated":
    case "session.ended":
      return [...session, ["sessions", "list"], ["cases", "one"], ["register"], ["station"]];
    case "session.marked":
    case "session.noted":
      // A stroke changes the drawing and nothing else; the rooms that show it take it from the event. A case is read again: few look at one.
      return [["cases", "one"]];
    case "case.linked":
    case "case.withdrawn":
      return [...session, ["sessions", "list"], ["cases", "one"]];
    case "card.changed":
      return [["cards"]];
    case "duty.changed":
      return [["duty"]];
    case "request.changed":
      return [["requests", "one", (event.payload as RequestView).id], ["guests", (event.payload as RequestView).id], ["requests", "list"], ["cases", "one"], ...session];
    case "guest.changed": {
      const request = (event.payload as { request_id: string }).request_id;
      return [["guests", request], ["requests", "one", request], ["station", "view"], ["cases", "one"], ...session];
    }
    case "directive.changed":
      return [["directives"], ["cases", "one"], ...session];
    case "org.changed":
      return [["org"], ["presence"], ["persons"], ["station", "view"]];
    case "account.changed":
      return [["accounts"], ["persons"], ["me"]];
    case "link.refused":
      return [["audit"]];
  }
}

/**
 * Puts what an event says into a kept answer. An answer that is on its way was perhaps given before the event: what it says is put into
 * that one too, when it is there. Nothing kept and nothing asked for stays so.
 */
function put<T>(client: QueryClient, queryKey: QueryKey, change: (kept: T) => T): void {
  client.setQueryData<T>(queryKey, (kept) => kept && change(kept));
  const coming = client.getQueryCache().find({ queryKey, exact: true });
  if (coming?.state.fetchStatus !== "fetching") return;
  // Settled or given up for a newer one: either way it is looked at again once it is stored.
  const again = () => setTimeout(() => put(client, queryKey, change), 0);
  coming.promise?.then(again, again);
}

/** Puts what the events say into the cache, in their order; whoever shows it is told once. */
export function apply(client: QueryClient, events: readonly OutboxEvent[]): void {
  notifyManager.batch(() => {
    for (const event of events) take(client, event);
    const old = new Map(events.flatMap(keysOf).map((key) => [hashKey(key), key]));
    for (const queryKey of old.values()) void client.invalidateQueries({ queryKey });
  });
}

/** What an event carries itself needs not be asked for. */
function take(client: QueryClient, event: OutboxEvent): void {
  if (event.kind === "presence.changed") {
    const fresh = event.payload as PresenceView;
    put<PresenceView[]>(client, ["presence"], (all) => [...all.filter((p) => p.endpoint_id !== fresh.endpoint_id), fresh]);
  }
  if (event.kind === "privacy.changed") {
    const privacy = event.payload as PrivacySwitch;
    put<OrgTree>(client, ["org"], (tree) => ({ ...tree, sites: tree.sites.map((site) => (site.id === event.site_id ? { ...site, privacy } : site)) }));
  }
  if ((event.kind === "session.marked" || event.kind === "session.noted") && event.session_id) {
    // Drawn at once from what the event carries: it was stored before it was told.
    for (const whose of ["account", "station"]) {
      put<Marks>(client, ["marks", whose, event.session_id], (marks) => withMark(marks, event.payload as MarkNews));
    }
  }
  if (event.kind === "request.changed") {
    // A desk of a thousand is not asked for again at every step of one.
    const fresh = event.payload as RequestView;
    put<RequestView[]>(client, ["requests", "open"], (all) => afterRequest(all, fresh, isOpen(fresh)));
    put<RequestView[]>(client, ["station", "requests"], (all) => afterRequest(all, fresh, true));
  }
}

/** After a gap in the stream anything may have changed. */
export function applyGap(client: QueryClient): void {
  void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "me" });
}
