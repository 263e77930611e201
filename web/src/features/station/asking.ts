// Asking for help so that no tap is lost: it is kept on this computer until the server has it, under one key, and sent again until it answers.

import { station } from "@/api/calls";
import type { NewRequest, RequestView } from "@/api/types";
import { keptForAll } from "@/lib/kept";
import { problemOf, type Problem } from "@/lib/problem";
import { Store } from "@/lib/store";
import { retryDelay } from "./retry";

export interface Waiting {
  key: string;
  request: NewRequest;
  /** When the button was pressed, by this computer's clock: for this page only. */
  at: number;
}

/** What the server did not take, and why. */
export interface Refused {
  request: NewRequest;
  problem: Problem;
}

export interface Asking {
  waiting: Waiting | null;
  refused: Refused | null;
}

const kept = keptForAll("lianxian.station.asking");

function parse(text: string | null): Waiting | null {
  try {
    const said = text === null ? null : (JSON.parse(text) as Partial<Waiting>);
    return said && typeof said.key === "string" && typeof said.at === "number" && said.request ? (said as Waiting) : null;
  } catch {
    return null;
  }
}

export class Desk {
  readonly state: Store<Asking>;
  #told: (request: RequestView) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #attempt = 0;
  #busy = false;

  constructor() {
    this.state = new Store<Asking>({ waiting: parse(kept.get()), refused: null });
  }

  /** Called with each request that the server took. */
  open(told: (request: RequestView) => void): () => void {
    this.#told = told;
    void this.#send();
    const online = () => this.again();
    window.addEventListener("online", online);
    return () => {
      window.removeEventListener("online", online);
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = null;
    };
  }

  ask(request: NewRequest): void {
    if (this.state.getSnapshot().waiting) return;
    const waiting = { key: crypto.randomUUID(), request, at: Date.now() };
    kept.set(JSON.stringify(waiting));
    this.state.set({ waiting, refused: null });
    this.#attempt = 0;
    void this.#send();
  }

  /** Takes back what the server has not got yet. */
  forget(): void {
    kept.set(null);
    this.state.set({ waiting: null, refused: null });
  }

  again(): void {
    this.#attempt = 0;
    void this.#send();
  }

  async #send(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const { waiting } = this.state.getSnapshot();
    if (!waiting || this.#busy) return;
    this.#busy = true;
    try {
      const request = await station.ask(waiting.request, waiting.key);
      this.forget();
      this.#told(request);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status >= 400 && problem.status < 500 && problem.status !== 401 && problem.status !== 408 && problem.status !== 429) {
        // The server has decided: sending it again would say the same.
        kept.set(null);
        this.state.set({ waiting: null, refused: { request: waiting.request, problem } });
      } else {
        this.#timer = setTimeout(() => void this.#send(), retryDelay(this.#attempt++, Math.random()));
      }
    } finally {
      this.#busy = false;
    }
  }
}

export const desk = new Desk();
