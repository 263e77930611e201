// Keeps a station on air: opens the camera and the link, publishes, and mends whatever breaks, for days.
//
// What is wanted and what is are compared by one step, `#settle`; every change of either runs it again, one at a time.
// A part that fails is tried again after a growing wait; nothing is tried twice at once, so nothing piles up.

import { Store } from "@/lib/store";
import { captureFault, type CaptureFault } from "@/lib/capture-fault";
import type { Capture } from "./capture";
import type { Choices } from "@/lib/devices";
import { retryDelay } from "./retry";

export interface Link {
  readonly view: { getSnapshot(): LinkView; subscribe(listener: () => void): () => void };
  connect(): Promise<void>;
  publish(tracks: { video: MediaStreamTrack; audio: MediaStreamTrack | null }): Promise<void>;
  unpublish(): Promise<void>;
  carrySound(on: boolean): void;
  close(): Promise<void>;
}

export interface LinkView {
  state: "down" | "connecting" | "up" | "recovering";
  end: "elsewhere" | "removed" | "lost" | null;
  published: boolean;
}

export interface Parts {
  link: Link;
  open(choices: Choices, lost: () => void): Promise<Capture>;
  now(): number;
  random(): number;
  /** Calls back once after `ms`; the function returned takes it back. */
  after(ms: number, call: () => void): () => void;
}

export interface BroadcastView {
  /** The picture is on the net, and could be taken. */
  onAir: boolean;
  capture: Capture | null;
  fault: CaptureFault | null;
  link: LinkView;
  /** Whoever sits here has turned the microphone off. */
  muted: boolean;
  /** Since when it should be on air and is not; null: all is well, or it is meant to be silent. */
  offSince: number | null;
}

interface Wanted {
  choices: Choices | null;
  silent: boolean;
  sound: boolean;
  muted: boolean;
}

export class Broadcast {
  readonly view: Store<BroadcastView>;
  #parts: Parts;
  #wanted: Wanted = { choices: null, silent: false, sound: false, muted: false };
  #capture: Capture | null = null;
  /** The choices that the open camera was opened for, and the capture that is published. */
  #openedFor: Choices | null = null;
  #published: Capture | null = null;
  #fault: CaptureFault | null = null;
  /** Someone opened the page elsewhere, or the server took the device off: no fight over it. */
  #yielded = false;
  #running = false;
  #again = false;
  #attempt = 0;
  #takeBack: (() => void) | null = null;
  #unsubscribe: () => void;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.view = new Store<BroadcastView>({ onAir: false, capture: null, fault: null, link: parts.link.view.getSnapshot(), muted: false, offSince: null });
    this.#unsubscribe = parts.link.view.subscribe(() => this.#linkChanged());
  }

  /** Goes on air with these devices, or (null) off it. */
  choose(choices: Choices | null): void {
    this.#wanted.choices = choices;
    this.#yielded = false;
    this.#poke();
  }

  /** Silence is at once: the camera stops before anything else is done. */
  setSilent(silent: boolean): void {
    if (this.#wanted.silent === silent) return;
    this.#wanted.silent = silent;
    if (silent) this.#closeCapture();
    this.#poke();
  }

  /** Sound is sent only while somebody listens. */
  setSound(sound: boolean): void {
    this.#wanted.sound = sound;
    this.#carrySound();
  }

  /** Stays so whatever is opened anew meanwhile, until it is taken back. */
  setMuted(muted: boolean): void {
    this.#wanted.muted = muted;
    this.#carrySound();
    this.#tell();
  }

  #carrySound(): void {
    const { sound, silent, muted } = this.#wanted;
    this.#parts.link.carrySound(sound && !silent && !muted);
  }

  /** Tries at once what waits for its next attempt: a device was plugged in, the network is back, someone pressed the button. */
  retry(): void {
    this.#yielded = false;
    this.#attempt = 0;
    this.#poke();
  }

  async end(): Promise<void> {
    this.#wanted.choices = null;
    this.#unsubscribe();
    this.#takeBack?.();
    this.#closeCapture();
    await this.#parts.link.close();
  }

  #linkChanged(): void {
    const link = this.#parts.link.view.getSnapshot();
    if (link.state === "down") {
      this.#published = null;
      this.#yielded ||= link.end === "elsewhere" || link.end === "removed";
      // Not at once: the retry's wait keeps a street of stations from coming back in the same instant.
      if (link.end !== null && !this.#running) this.#retryLater();
    }
    if (link.state === "up" && !link.published) this.#published = null;
    const before = this.view.getSnapshot().link;
    this.#tell();
    if (link.state === "up" && (before.state !== "up" || before.published !== link.published)) this.#poke();
  }

  #poke(): void {
    this.#takeBack?.();
    this.#takeBack = null;
    this.#again = true;
    if (!this.#running) void this.#run();
    this.#tell();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#again) {
      this.#again = false;
      const settled = await this.#settle();
      if (settled) this.#attempt = 0;
      else if (!this.#again) this.#retryLater();
      this.#tell();
    }
    this.#running = false;
  }

  /** One pass from what is to what is wanted. False: something failed and is worth another attempt. */
  async #settle(): Promise<boolean> {
    const { choices, silent } = this.#wanted;
    if (choices === null) {
      this.#closeCapture();
      this.#fault = null;
      this.#published = null;
      await this.#parts.link.close();
      return true;
    }
    const [linked, captured] = await Promise.all([this.#ensureLink(), silent ? this.#ensureSilence() : this.#ensureCapture(choices)]);
    if (!linked || !captured || !(await this.#ensurePublished())) return false;
    // A link that broke while this ran is opened again after a wait.
    return this.#yielded || this.#parts.link.view.getSnapshot().state !== "down";
  }

  async #ensureLink(): Promise<boolean> {
    if (this.#yielded) return true;
    if (this.#parts.link.view.getSnapshot().state !== "down") return true;
    try {
      await this.#parts.link.connect();
      return true;
    } catch {
      return false;
    }
  }

  async #ensureSilence(): Promise<boolean> {
    this.#closeCapture();
    this.#fault = null;
    this.#published = null;
    if (!this.#parts.link.view.getSnapshot().published) return true;
    try {
      await this.#parts.link.unpublish();
      return true;
    } catch {
      return false;
    }
  }

  async #ensureCapture(choices: Choices): Promise<boolean> {
    if (this.#capture && this.#openedFor === choices) return true;
    this.#closeCapture();
    try {
      const capture: Capture = await this.#parts.open(choices, () => this.#lost(capture));
      if (this.#wanted.silent || this.#wanted.choices !== choices) {
        // Meanwhile it was told to be silent, or to use other devices.
        capture.close();
        this.#again = true;
        return true;
      }
      this.#capture = capture;
      this.#openedFor = choices;
      this.#fault = null;
      return true;
    } catch (error) {
      this.#fault = captureFault(error);
      return false;
    }
  }

  #lost(capture: Capture): void {
    if (this.#capture !== capture) return;
    this.#closeCapture();
    this.#fault = "missing";
    // Not at once: a camera that comes and goes is not to be opened in a tight circle.
    if (!this.#running) this.#retryLater();
    else this.#again = true;
    this.#tell();
  }

  async #ensurePublished(): Promise<boolean> {
    const capture = this.#capture;
    const { link } = this.#parts;
    if (!capture || this.#wanted.silent || link.view.getSnapshot().state !== "up") return true;
    if (this.#published === capture && link.view.getSnapshot().published) return true;
    try {
      this.#carrySound();
      await link.publish(capture);
      this.#published = capture;
      return true;
    } catch {
      return false;
    }
  }

  #closeCapture(): void {
    this.#capture?.close();
    this.#capture = null;
    this.#openedFor = null;
  }

  #retryLater(): void {
    if (this.#wanted.choices === null || this.#takeBack) return;
    const wait = retryDelay(this.#attempt++, this.#parts.random());
    this.#takeBack = this.#parts.after(wait, () => {
      this.#takeBack = null;
      this.#poke();
    });
  }

  #tell(): void {
    const { link } = this.#parts;
    const state = link.view.getSnapshot();
    const { choices, silent, muted } = this.#wanted;
    const onAir = choices !== null && !silent && state.state === "up" && state.published && this.#capture !== null;
    const before = this.view.getSnapshot();
    const meant = choices !== null && !silent && !this.#yielded;
    const offSince = meant && !onAir ? (before.offSince ?? this.#parts.now()) : null;
    const after: BroadcastView = { onAir, capture: this.#capture, fault: this.#fault, link: state, muted, offSince };
    const same =
      before.onAir === after.onAir &&
      before.capture === after.capture &&
      before.fault === after.fault &&
      before.link === after.link &&
      before.muted === after.muted &&
      before.offSince === after.offSince;
    if (!same) this.view.set(after);
  }
}
