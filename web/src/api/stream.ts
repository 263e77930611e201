// How a room hears the page's event stream.

import { createContext, useContext } from "react";
import type { Store } from "@/lib/store";
import type { StreamState } from "./events";
import type { OutboxEvent } from "./types";

export interface Stream {
  state: Store<StreamState>;
  /** Counts the openings: a change means that the server is there (again). */
  reopened: Store<number>;
  listen(listener: (event: OutboxEvent) => void): () => void;
}

export const StreamContext = createContext<Stream | null>(null);

export function useStream(): Stream {
  const stream = useContext(StreamContext);
  if (!stream) throw new Error("useStream outside the shell");
  return stream;
}
