// A ring that the browser makes itself, so that nothing has to be loaded when somebody needs help. Browsers let a page sound only after
// a click or a key: until then it rings in silence.

import { Store } from "./store";

/** A ring: its tones, each with its start in seconds and its pitch in hertz, and how often it is rung. */
export interface Ring {
  tones: readonly (readonly [at_s: number, hertz: number])[];
  every_ms: number;
}

/** For those who answer: a request rings. */
export const HELP_RING: Ring = { tones: [[0, 880], [0.18, 660], [0.36, 880]], every_ms: 2_000 };
/** For a workstation: the centre calls. */
export const CALL_RING: Ring = { tones: [[0, 880], [0.25, 660], [0.6, 880], [0.85, 660]], every_ms: 3_000 };
/** For what can wait a moment: two soft tones. */
export const NOTICE_RING: Ring = { tones: [[0, 660], [0.2, 880]], every_ms: 2_000 };

const LOUDNESS = 0.22;
const RISE_S = 0.02;
const FALL_S = 0.2;

export class Bell {
  /** The browser lets this page sound. */
  readonly armed = new Store(false);
  #make: () => AudioContext;
  #made: AudioContext | null = null;
  #rings = 0;

  constructor(make: () => AudioContext) {
    this.#make = make;
  }

  /** Makes it ready in a pause: the first context of a browser starts its sound service, and holds the page up to half a second meanwhile. */
  prepare(): () => void {
    // Not every browser tells its pauses: there the first click makes it.
    if (this.#made || !("requestIdleCallback" in globalThis)) return () => undefined;
    const pause = requestIdleCallback(() => this.#rest(this.#context));
    return () => cancelIdleCallback(pause);
  }

  /** After any click or key: from then on it may sound. */
  async arm(): Promise<void> {
    const context = this.#context;
    await context.resume();
    this.armed.set(context.state === "running");
    this.#rest(context);
  }

  /** Rings until the returned function is called. */
  ring({ tones, every_ms }: Ring): () => void {
    const context = this.#context;
    this.#rings += 1;
    let on = true;
    const once = () => {
      if (!on || context.state !== "running") return;
      for (const [at_s, hertz] of tones) sound(context, context.currentTime + at_s, hertz);
    };
    // Pending until the page may sound.
    void context.resume().then(once);
    const again = setInterval(once, every_ms);
    return () => {
      if (!on) return;
      on = false;
      clearInterval(again);
      this.#rings -= 1;
      this.#rest(context);
    };
  }

  /** Rings once. */
  chime(ring: Ring): void {
    setTimeout(this.ring(ring), ring.every_ms / 2);
  }

  get #context(): AudioContext {
    return (this.#made ??= this.#make());
  }

  /** A context that runs renders silence a hundred times a second, all day. */
  #rest(context: AudioContext): void {
    if (this.#rings === 0) void context.suspend();
  }
}

function sound(context: AudioContext, at: number, frequency: number): void {
  const tone = new OscillatorNode(context, { frequency });
  const loudness = new GainNode(context, { gain: 0 });
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(LOUDNESS, at + RISE_S);
  loudness.gain.linearRampToValueAtTime(0, at + FALL_S);
  tone.connect(loudness).connect(context.destination);
  tone.start(at);
  tone.stop(at + FALL_S + RISE_S);
}

export const bell = new Bell(() => new AudioContext());
