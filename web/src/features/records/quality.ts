// What a track's summary says about its quality, in figures that people understand.

export interface Summary {
  packets: number;
  bytes: number;
  lost: number;
  repaired: number;
  jitter_ms: number;
}

export type Grade = "good" | "fair" | "poor" | "none";

/** Share of packets lost for good, 0 to 1; null when nothing was to come. */
export function lossShare({ packets, lost }: Summary): number | null {
  const expected = packets + lost;
  return expected > 0 ? lost / expected : null;
}

/** Average bit/s over the interval; null when it is not over, or took no time. */
export function averageBps({ bytes }: Summary, startedMs: number, endedMs: number | null): number | null {
  if (endedMs === null || endedMs <= startedMs) return null;
  return (bytes * 8_000) / (endedMs - startedMs);
}

/** One word for it: up to 1 % lost and 50 ms of jitter is good, up to 5 % and 150 ms fair. */
export function grade(summary: Summary | null): Grade {
  const loss = summary && lossShare(summary);
  if (!summary || loss === null) return "none";
  if (loss <= 0.01 && summary.jitter_ms <= 50) return "good";
  return loss <= 0.05 && summary.jitter_ms <= 150 ? "fair" : "poor";
}

export function formatBps(bps: number): string {
  return bps >= 1_000_000 ? `${(bps / 1_000_000).toFixed(1)} Mbit/s` : `${Math.round(bps / 1_000)} kbit/s`;
}

export function formatShare(share: number): string {
  const percent = share * 100;
  return percent > 0 && percent < 0.01 ? "<0.01%" : `${percent.toFixed(percent < 10 ? 2 : 1)}%`;
}
