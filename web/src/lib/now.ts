// The time by the server's clock, for what shows or compares it: this computer's may be wrong, and what is overdue is so everywhere at
// once. One timer for all, aligned to the second, stopped when nobody looks.

import { useSyncExternalStore } from "react";
import { ServerClock } from "./server-clock";

const clock = new ServerClock();
let now = serverNow();
let timer: ReturnType<typeof setTimeout> | null = null;
const listeners = new Set<() => void>();

export function serverNow(): number {
  return Date.now() + clock.ahead;
}

/** What an answer's `date` header says, and when the call was sent by this computer's clock. */
export function heardDate(date: string | null, sent: number): void {
  const at = Date.parse(date ?? "");
  if (Number.isNaN(at) || !clock.heard(at, sent, Date.now()) || !timer) return;
  clearTimeout(timer);
  tick();
}

function tick(): void {
  now = serverNow();
  timer = setTimeout(tick, 1000 - (now % 1000));
  for (const listener of [...listeners]) listener();
}

/** Tells each second. */
export function onSecond(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) {
    now = serverNow();
    timer = setTimeout(tick, 1000 - (now % 1000));
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer) {
      clearTimeout(timer);
      timer = null;
    }
  };
}

/** Milliseconds, renewed each second. */
export function useNow(): number {
  return useSyncExternalStore(onSecond, () => (timer ? now : (now = serverNow())));
}
