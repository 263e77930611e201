// The time, for what shows it: one timer for all, aligned to the second, stopped when nobody looks.

import { useSyncExternalStore } from "react";

let now = Date.now();
let timer: ReturnType<typeof setTimeout> | null = null;
const listeners = new Set<() => void>();

function tick(): void {
  now = Date.now();
  timer = setTimeout(tick, 1000 - (now % 1000));
  for (const listener of [...listeners]) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) {
    now = Date.now();
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
  return useSyncExternalStore(subscribe, () => (timer ? now : (now = Date.now())));
}
