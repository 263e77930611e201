// The event stream of a page: one EventSource, opened again by itself after a loss, from the last event that was seen.

import { Store } from "@/lib/store";
import { address } from "./client";
import type { EventKind, OutboxEvent } from "./types";

export type StreamState = "closed" | "connecting" | "open" | "lost";

/** Waits between attempts: soon at first, then patiently. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];

const KINDS: readonly EventKind[] = [
  "presence.changed", "privacy.changed", "watch.opened", "watch.ended", "session.opened", "session.updated",
  "session.ended", "session.marked", "session.noted", "case.linked", "case.withdrawn", "duty.changed", "request.changed", "guest.changed", "directive.changed", "card.changed", "org.changed", "account.changed", "link.refused",
];

export interface StreamHooks {
  event(event: OutboxEvent): void;
  /** Open (again). `gap`: the server may have told things in between that this page has not heard. */
  opened(gap: boolean): void;
  /** The login behind it is over; the stream does not come back. */
  over(): void;
}

export class EventStream {
  readonly state = new Store<StreamState>("closed");
  #path: string;
  #hooks: StreamHooks;
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #attempt = 0;
  #last: number | null = null;
  #wanted = false;

  /** `path`: `/events`, or `/station/events` of a device. */
  constructor(path: string, hooks: StreamHooks) {
    this.#path = path;
    this.#hooks = hooks;
  }

  open(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.state.set("connecting");
    this.#connect();
    window.addEventListener("online", this.#now);
  }

  close(): void {
    this.#wanted = false;
    window.removeEventListener("online", this.#now);
    this.#drop();
    this.state.set("closed");
  }

  #now = () => {
    if (this.#wanted && this.state.getSnapshot() === "lost") {
      this.#attempt = 0;
      this.#connect();
    }
  };

  #drop(): void {
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    this.#source?.close();
    this.#source = null;
  }

  #connect(): void {
    this.#drop();
    const source = new EventSource(address(this.#path, { after: this.#last }));
    this.#source = source;
    source.onopen = () => {
      const gap = this.#last === null;
      this.#attempt = 0;
      this.state.set("open");
      this.#hooks.opened(gap);
    };
    // The browser's own retry gives up on some answers, and keeps an old Last-Event-ID: each attempt is a new source.
    source.onerror = () => {
      if (this.#source !== source) return;
      this.#drop();
      this.state.set("lost");
      const wait = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)] ?? 8_000;
      this.#attempt += 1;
      this.#retry = setTimeout(() => this.#connect(), wait);
    };
    for (const kind of KINDS) source.addEventListener(kind, (message) => this.#take(message as MessageEvent<string>));
    source.addEventListener("over", () => {
      this.close();
      this.#hooks.over();
    });
  }

  #take(message: MessageEvent<string>): void {
    const event = JSON.parse(message.data) as OutboxEvent;
    if (this.#last !== null && event.seq <= this.#last) return;
    this.#last = event.seq;
    this.#hooks.event(event);
  }
}
