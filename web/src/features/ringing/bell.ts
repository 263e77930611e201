// The bell: a two-tone ring made by the browser itself. Browsers let a page sound only after a click; until then it says so.

import { Store } from "@/lib/store";

/** True: the browser lets this page sound. */
export const armed = new Store(false);

let context: AudioContext | null = null;
let ringing: ReturnType<typeof setInterval> | null = null;

const RING_EVERY_MS = 2_000;

/** After any click or key: from then on the bell may sound. */
export async function arm(): Promise<void> {
  context ??= new AudioContext();
  await context.resume();
  armed.set(context.state === "running");
}

export function startBell(): void {
  if (ringing) return;
  ring();
  ringing = setInterval(ring, RING_EVERY_MS);
}

export function stopBell(): void {
  if (ringing) clearInterval(ringing);
  ringing = null;
}

function ring(): void {
  if (!context || context.state !== "running") return;
  const start = context.currentTime;
  for (const [at, hertz] of [[0, 880], [0.18, 660], [0.36, 880]] as const) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = hertz;
    loudness.gain.setValueAtTime(0, start + at);
    loudness.gain.linearRampToValueAtTime(0.2, start + at + 0.02);
    loudness.gain.linearRampToValueAtTime(0, start + at + 0.16);
    tone.connect(loudness).connect(context.destination);
    tone.start(start + at);
    tone.stop(start + at + 0.17);
  }
}
