// When to try again, and when only a fresh page can help. Times in milliseconds.

const FIRST_MS = 1_000;
const LONGEST_MS = 8_000;
/** A page that has not been on air for so long, though the server answers, is loaded anew. */
export const LAST_RESORT_MS = 10 * 60_000;
/** But never more often than this: a broken camera is not mended by reloading. */
export const RELOAD_PAUSE_MS = 60 * 60_000;

/** The wait before attempt `n` (0 is the first retry): doubling to eight seconds (after an outage of any length it is back within ten), spread so that a street does not come back in one instant. */
export function retryDelay(attempt: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(whole / 2 + (whole / 2) * random);
}

export interface Stuck {
  now: number;
  /** Since when it should be on air and is not; null: all is well, or it is meant to be silent. */
  since: number | null;
  /** When the server last answered. */
  heard: number | null;
  /** When this page was last loaded as a last resort. */
  reloaded: number | null;
}

/** Whether to load the page anew. Without a server there would be no page to load: then it waits. */
export function needsReload({ now, since, heard, reloaded }: Stuck): boolean {
  if (since === null || now - since < LAST_RESORT_MS) return false;
  if (heard === null || now - heard > 60_000) return false;
  return reloaded === null || now - reloaded >= RELOAD_PAUSE_MS;
}
