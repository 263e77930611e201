// A moment in Beijing time, and a span that runs while it has no end.

import { useNow } from "@/lib/now";
import { clockText, durationText, timeText } from "@/lib/time";

/** `11-24 09:05:12`; nothing for no time. */
export function Time({ ms, clock }: { ms: number | null | undefined; clock?: boolean }) {
  if (ms == null) return null;
  return (
    <time className="num" dateTime={new Date(ms).toISOString()}>
      {clock ? clockText(ms) : timeText(ms)}
    </time>
  );
}

/** `03:12`; without an end it goes on each second. */
export function Duration({ from, to }: { from: number; to?: number | null }) {
  return to == null ? <Running from={from} /> : <span className="num">{durationText(to - from)}</span>;
}

function Running({ from }: { from: number }) {
  return <span className="num">{durationText(useNow() - from)}</span>;
}
