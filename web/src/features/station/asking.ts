// Asking for help so that no tap is lost: it is kept on this computer until the server has it, under one key, and sent again until it answers.

import { photos, station } from "@/api/calls";
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
  /** A data URL. It follows the request, which rings without waiting for it. */
  photo?: string;
}

/** A photo whose request the server has already. */
interface Following {
  request: string;
  photo: string;
}

/** What the server did not take, and why. */
export interface Refused {
  request: NewRequest;
  problem: Problem;
}

export interface Asking {
  waiting: Waiting | null;
  refused: Refused | null;
  /** Of a photo whose request was taken. */
  photoRefused: Problem | null;
}

const kept = keptForAll("lianxian.station.asking");
const keptPhoto = keptForAll("lianxian.station.asking-photo");

function parse(text: string | null): Waiting | null {
  try {
    const said = text === null ? null : (JSON.parse(text) as Partial<Waiting>);
    return said && typeof said.key === "string" && typeof said.at === "number" && said.request ? (said as Waiting) : null;
  } catch {
    return null;
  }
}

function parsePhoto(text: string | null): Following | null {
  try {
    const said = text === null ? null : (JSON.parse(text) as Partial<Following>);
    return said && typeof said.request === "string" && typeof said.photo === "string" ? (said as Following) : null;
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
  #following: Following | null = parsePhoto(keptPhoto.get());

  constructor() {
    this.state = new Store<Asking>({ waiting: parse(kept.get()), refused: null, photoRefused: null });
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

  ask(request: NewRequest, photo?: string): void {
    if (this.state.getSnapshot().waiting) return;
    const waiting: Waiting = { key: crypto.randomUUID(), request, at: Date.now(), ...(photo !== undefined && { photo }) };
    kept.set(JSON.stringify(waiting));
    this.state.set({ waiting, refused: null, photoRefused: null });
    this.#attempt = 0;
    void this.#send();
  }

  /** Takes back what the server has not got yet. */
  forget(): void {
    kept.set(null);
    this.state.set({ waiting: null, refused: null, photoRefused: null });
  }

  again(): void {
    this.#attempt = 0;
    void this.#send();
  }

  async #send(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#busy) return;
    this.#busy = true;
    const { waiting } = this.state.getSnapshot();
    try {
      if (waiting) await this.#sendRequest(waiting);
      if (this.#following) await this.#sendPhoto(this.#following);
    } catch {
      this.#timer = setTimeout(() => void this.#send(), retryDelay(this.#attempt++, Math.random()));
    } finally {
      this.#busy = false;
    }
    // Asked while a photo of the one before was on its way.
    if (!this.#timer && (this.state.getSnapshot().waiting || this.#following)) void this.#send();
  }

  /** Throws when it should be sent again. */
  async #sendRequest(waiting: Waiting): Promise<void> {
    try {
      const request = await station.ask(waiting.request, waiting.key);
      if (waiting.photo !== undefined) this.#follow({ request: request.id, photo: waiting.photo });
      this.forget();
      this.#told(request);
    } catch (error) {
      const problem = problemOf(error);
      if (!isFinal(problem)) throw error;
      // The server has decided: sending it again would say the same.
      kept.set(null);
      this.state.set({ waiting: null, refused: { request: waiting.request, problem }, photoRefused: null });
    }
  }

  /** Throws when it should be sent again. The same photo twice is one. */
  async #sendPhoto({ request, photo }: Following): Promise<void> {
    try {
      await photos("station").keep(request, blobOf(photo));
    } catch (error) {
      const problem = problemOf(error);
      if (!isFinal(problem)) throw error;
      this.state.update((state) => ({ ...state, photoRefused: problem }));
    }
    this.#follow(null);
  }

  #follow(following: Following | null): void {
    this.#following = following;
    keptPhoto.set(following && JSON.stringify(following));
  }
}

/** The bytes of a data URL; the page may not fetch one. */
function blobOf(dataUrl: string): Blob {
  const bytes = Uint8Array.from(atob(dataUrl.slice(dataUrl.indexOf(",") + 1)), (one) => one.charCodeAt(0));
  return new Blob([bytes]);
}

/** What another has changed in the same moment is tried again. */
function isFinal(problem: Problem): boolean {
  return problem.code !== "changed_meanwhile" && problem.status >= 400 && problem.status < 500 && ![401, 408, 429].includes(problem.status);
}

export const desk = new Desk();
