// A visit as this page knows it: opened by the link's token, then told live by the server, and back by itself after a loss.

import { visit as calls } from "@/api/calls";
import type { VisitView } from "@/api/types";
import { isProblemBody, Problem, problemOf } from "@/lib/problem";
import { Store } from "@/lib/store";

export interface Visiting {
  view: VisitView | null;
  /** Why there is no visit, or no visit any more. */
  over: Problem | null;
  /** The server cannot be heard now. */
  lost: boolean;
}

/** Waits between attempts: soon at first, then patiently. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];

export class Visit {
  readonly state = new Store<Visiting>({ view: null, over: null, lost: false });
  #token: string;
  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #attempt = 0;
  #closed = true;

  constructor(token: string) {
    this.#token = token;
  }

  open(): void {
    this.#closed = false;
    window.addEventListener("online", this.#now);
    void this.#open();
  }

  close(): void {
    this.#closed = true;
    window.removeEventListener("online", this.#now);
    this.#drop();
  }

  /** What an act was answered with; the stream will say the same. */
  take(view: VisitView): void {
    if (!this.#closed) this.state.set({ view, over: null, lost: false });
  }

  /** Asks how things are; without an answer what is known stays. */
  async look(): Promise<void> {
    try {
      this.take(await calls.get());
    } catch {
      // The stream says what is wrong.
    }
  }

  again(): void {
    this.state.update((state) => ({ ...state, over: null }));
    this.#attempt = 0;
    void this.#open();
  }

  async #open(): Promise<void> {
    this.#drop();
    try {
      this.take(await calls.open(this.#token));
      this.#listen();
    } catch (error) {
      this.#failed(error);
    }
  }

  #listen(): void {
    if (this.#closed) return;
    this.#drop();
    const source = new EventSource(calls.events());
    this.#source = source;
    source.addEventListener("visit", (message) => {
      this.#attempt = 0;
      this.take(JSON.parse((message as MessageEvent<string>).data) as VisitView);
    });
    source.addEventListener("over", (message) => {
      const body: unknown = JSON.parse((message as MessageEvent<string>).data);
      this.#end(isProblemBody(body) ? new Problem(body) : Problem.ofStatus(401));
    });
    source.onopen = () => this.state.update((state) => (state.lost ? { ...state, lost: false } : state));
    source.onerror = () => {
      if (this.#source !== source) return;
      this.#drop();
      this.state.update((state) => ({ ...state, lost: true }));
      this.#later();
    };
  }

  /** Comes back by asking, so that a visit that is over is told from a line that broke. */
  #later(): void {
    if (this.#closed || this.#retry) return;
    const wait = RETRY_MS[Math.min(this.#attempt, RETRY_MS.length - 1)] ?? 8_000;
    this.#attempt += 1;
    this.#retry = setTimeout(() => void this.#back(), wait);
  }

  async #back(): Promise<void> {
    this.#retry = null;
    // Never opened yet: there is no visit to come back to.
    if (this.state.getSnapshot().view === null) return this.#open();
    try {
      this.take(await calls.get());
      this.#listen();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    const problem = problemOf(error);
    if (problem.status !== 0 && problem.status < 500 && problem.status !== 429) return this.#end(problem);
    this.state.update((state) => ({ ...state, lost: true, over: state.view === null && problem.status === 429 ? problem : state.over }));
    this.#later();
  }

  #end(problem: Problem): void {
    this.#drop();
    this.state.update((state) => ({ ...state, over: problem, lost: false }));
  }

  #now = (): void => {
    if (!this.state.getSnapshot().lost) return;
    this.#attempt = 0;
    this.#drop();
    void this.#back();
  };

  #drop(): void {
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    this.#source?.close();
    this.#source = null;
  }
}
