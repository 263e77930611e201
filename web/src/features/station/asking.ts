// Asking for help so that no tap is lost: it is kept on this computer until the server has it, under one key, and sent again until it answers.

import { photos, station } from "@/api/calls";
import type { NewRequest, RequestView } from "@/api/types";
import { keptForAll } from "@/lib/kept";
import { serverNow } from "@/lib/now";
import { problemOf, type Problem } from "@/lib/problem";
import { Store } from "@/lib/store";
import { retryDelay } from "./retry";

export interface Waiting {
  key: string;
  request: NewRequest;
  /** When the button was pressed, for this page only. */
  at: number;
}

/** A photo that follows its request, which rings without waiting for it. */
interface Following {
  /** Of the tap. */
  key: string;
  /** Null: the server has not got the request yet. */
  request: string | null;
  /** A data URL. */
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
  /** A photo waits that the browser had no room to keep: it is lost when the page is closed. */
  photoUnkept: boolean;
}

const kept = keptForAll("lianxian.station.asking");
// By itself, so that a photo that does not fit takes nothing of the request with it.
const keptPhotos = keptForAll("lianxian.station.asking-photos");

function parse(text: string | null): Waiting | null {
  try {
    const said = text === null ? null : (JSON.parse(text) as Partial<Waiting>);
    return said && typeof said.key === "string" && typeof said.at === "number" && said.request ? (said as Waiting) : null;
  } catch {
    return null;
  }
}

function parsePhotos(text: string | null): Following[] {
  try {
    const said: unknown = text === null ? [] : JSON.parse(text);
    const isOne = (one: Partial<Following> | null) => typeof one?.key === "string" && typeof one.photo === "string" && (one.request === null || typeof one.request === "string");
    return Array.isArray(said) ? (said as (Partial<Following> | null)[]).filter(isOne).map((one) => one as Following) : [];
  } catch {
    return [];
  }
}

export class Desk {
  readonly state: Store<Asking>;
  #told: (request: RequestView) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #attempt = 0;
  #busy = false;
  /** Oldest first. */
  #following: Following[];

  constructor() {
    const waiting = parse(kept.get());
    this.#following = parsePhotos(keptPhotos.get()).filter((one) => one.request !== null || one.key === waiting?.key);
    this.state = new Store<Asking>({ waiting, refused: null, photoRefused: null, photoUnkept: false });
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
    const waiting: Waiting = { key: crypto.randomUUID(), request, at: serverNow() };
    kept.set(JSON.stringify(waiting));
    this.#put({ waiting, refused: null, photoRefused: null });
    if (photo !== undefined) this.#follow([...this.#following, { key: waiting.key, request: null, photo }]);
    this.#attempt = 0;
    void this.#send();
  }

  /** Takes back what the server has not got yet. */
  forget(): void {
    kept.set(null);
    this.#put({ waiting: null, refused: null, photoRefused: null });
    // What no tap waits for any more goes with it.
    if (this.#following.some((one) => one.request === null)) this.#follow(this.#ready());
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
      for (const one of this.#ready()) await this.#sendPhoto(one);
    } catch {
      this.#timer = setTimeout(() => void this.#send(), retryDelay(this.#attempt++, Math.random()));
    } finally {
      this.#busy = false;
    }
    // Asked while a photo of the one before was on its way.
    if (!this.#timer && (this.state.getSnapshot().waiting || this.#ready().length > 0)) void this.#send();
  }

  /** Throws when it should be sent again. */
  async #sendRequest(waiting: Waiting): Promise<void> {
    try {
      const request = await station.ask(waiting.request, waiting.key);
      // The photo knows its request before the tap is forgotten: a page that dies in between sends the tap again, under the same key.
      this.#follow(this.#following.map((one) => (one.key === waiting.key ? { ...one, request: request.id } : one)));
      this.forget();
      this.#told(request);
    } catch (error) {
      const problem = problemOf(error);
      if (!isFinal(problem)) throw error;
      // The server has decided: sending it again would say the same.
      this.forget();
      this.#put({ refused: { request: waiting.request, problem } });
    }
  }

  /** Throws when it should be sent again. The same photo twice is one. */
  async #sendPhoto(one: Following): Promise<void> {
    if (one.request === null) return;
    try {
      await photos("station").keep(one.request, blobOf(one.photo));
    } catch (error) {
      const problem = problemOf(error);
      if (!isFinal(problem)) throw error;
      this.#put({ photoRefused: problem });
    }
    this.#follow(this.#following.filter((other) => other.key !== one.key));
  }

  /** Those whose request the server has. */
  #ready(): Following[] {
    return this.#following.filter((one) => one.request !== null);
  }

  #follow(following: Following[]): void {
    this.#following = following;
    const room = keptPhotos.set(following.length > 0 ? JSON.stringify(following) : null);
    this.#put({ photoUnkept: following.length > 0 && !room });
  }

  #put(some: Partial<Asking>): void {
    this.state.update((state) => ({ ...state, ...some }));
  }
}

/** The bytes of a data URL; the page may not fetch one. */
function blobOf(dataUrl: string): Blob {
  const bytes = Uint8Array.from(atob(dataUrl.slice(dataUrl.indexOf(",") + 1)), (one) => one.charCodeAt(0));
  return new Blob([bytes]);
}

/** What another has changed in the same moment is tried again, and what came too fast; what is full stays full until somebody acts. */
function isFinal({ code, status, body }: Problem): boolean {
  if (status === 429) return body.limit != null;
  return code !== "changed_meanwhile" && status >= 400 && status < 500 && ![401, 408].includes(status);
}

export const desk = new Desk();
