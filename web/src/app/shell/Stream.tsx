// The page's one event stream, and the cache that it keeps true.

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { tellLoginOver } from "@/api/client";
import { EventStream, type StreamState } from "@/api/events";
import { Gathering } from "@/api/gathering";
import { apply, applyGap } from "@/api/invalidation";
import { StreamContext, useStream } from "@/api/stream";
import type { OutboxEvent } from "@/api/types";
import { Store } from "@/lib/store";

export function StreamProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [shared] = useState(() => {
    const heard = new Set<(event: OutboxEvent) => void>();
    const reopened = new Store(0);
    const gathering = new Gathering<OutboxEvent>((events) => apply(client, events));
    const stream = new EventStream("/events", {
      event(event) {
        gathering.add(event);
        for (const listener of [...heard]) listener(event);
      },
      opened() {
        applyGap(client);
        reopened.update((n) => n + 1);
      },
      over: tellLoginOver,
    });
    return {
      stream,
      value: {
        state: stream.state,
        reopened,
        listen(listener: (event: OutboxEvent) => void) {
          heard.add(listener);
          return () => void heard.delete(listener);
        },
      },
    };
  });
  useEffect(() => {
    shared.stream.open();
    return () => shared.stream.close();
  }, [shared]);
  return <StreamContext value={shared.value}>{children}</StreamContext>;
}

export function useStreamState(): StreamState {
  const { state } = useStream();
  return useSyncExternalStore(state.subscribe, state.getSnapshot);
}
