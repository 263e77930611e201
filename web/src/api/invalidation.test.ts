import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { apply, keysOf } from "./invalidation";
import type { OutboxEvent, PresenceView } from "./types";

const base: OutboxEvent = { seq: 1, at_ms: 0, kind: "session.ended", unit_id: null, site_id: "s", session_id: "x", endpoint_id: "e", payload: {} };

test("a session's event drops the session, the lists and the register", () => {
  expect(keysOf(base)).toContainEqual(["sessions", "one", "x"]);
  expect(keysOf(base)).toContainEqual(["sessions", "list"]);
  expect(keysOf(base)).toContainEqual(["register"]);
  expect(keysOf({ ...base, session_id: null })).not.toContainEqual(["sessions", "one", "x"]);
});

test("a presence event is taken as it is", () => {
  const client = new QueryClient();
  const view = (state: "online" | "offline"): PresenceView => ({
    endpoint_id: "e", site_id: "s", state, on_air: state === "online", privacy: false, since_ms: 1, cause: null, cause_zh: null, cause_en: null,
  });
  client.setQueryData(["presence"], [view("offline"), { ...view("offline"), endpoint_id: "f" }]);
  apply(client, [{ ...base, kind: "presence.changed", session_id: null, payload: view("online") }]);
  const all = client.getQueryData<PresenceView[]>(["presence"]);
  expect(all?.find((p) => p.endpoint_id === "e")?.state).toBe("online");
  expect(all?.find((p) => p.endpoint_id === "f")?.state).toBe("offline");
  expect(all).toHaveLength(2);
});

test("what was never asked for is not invented by an event", () => {
  const client = new QueryClient();
  apply(client, [{ ...base, kind: "presence.changed", session_id: null, payload: { endpoint_id: "e" } }]);
  expect(client.getQueryData(["presence"])).toBeUndefined();
});

test("an event that comes while the list is on its way is not lost under the older answer", async () => {
  const client = new QueryClient();
  const view = (state: "online" | "offline"): PresenceView => ({
    endpoint_id: "e", site_id: "s", state, on_air: state === "online", privacy: false, since_ms: 1, cause: null, cause_zh: null, cause_en: null,
  });
  for (const known of [undefined, [view("offline")]]) {
    client.setQueryData(["presence"], known);
    let answer: (all: PresenceView[]) => void = () => undefined;
    const asked = client.fetchQuery({ queryKey: ["presence"], queryFn: () => new Promise<PresenceView[]>((resolve) => (answer = resolve)) });
    await Promise.resolve();
    apply(client, [{ ...base, kind: "presence.changed", session_id: null, payload: view("online") }]);
    answer([view("offline")]);
    await asked;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(client.getQueryData<PresenceView[]>(["presence"])?.[0]?.state).toBe("online");
    client.clear();
  }
});
