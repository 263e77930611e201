// Receiver statistics as figures a person can read, and what they say about the line.

export interface Figures {
  codec: string;
  width: number;
  height: number;
  fps: number;
  kbps: number;
  /** Packets lost for good since the sample before, in percent. */
  loss: number;
  /** Round trip to the server; null until it was measured. */
  rtt_ms: number | null;
  jitter_ms: number;
  /** How often this picture stood still since it began, and for how long in all. */
  freezes: number;
  frozen_ms: number;
  /** What the browser takes its line for; null while it does not say. */
  line_kbps: number | null;
}

interface Sample {
  at: number;
  bytes: number;
  packets: number;
  lost: number;
  frames: number;
}

type Entry = { type: string; id: string } & Record<string, unknown>;

const number = (value: unknown): number => (typeof value === "number" ? value : 0);

/** Turns reports into rates: keeps the sample before. */
export class FigureReader {
  #last: Sample | null = null;

  /** The next report is a first one again. */
  reset(): void {
    this.#last = null;
  }

  /** Null for the first report, and for one without a picture. */
  read(report: Iterable<Entry>): Figures | null {
    const entries = new Map<string, Entry>();
    let inbound: Entry | undefined;
    for (const entry of report) {
      entries.set(entry.id, entry);
      if (entry.type === "inbound-rtp" && entry.kind === "video") inbound = entry;
    }
    if (!inbound) return null;
    const sample: Sample = {
      at: number(inbound.timestamp),
      bytes: number(inbound.bytesReceived),
      packets: number(inbound.packetsReceived),
      lost: number(inbound.packetsLost),
      frames: number(inbound.framesDecoded),
    };
    const last = this.#last;
    this.#last = sample;
    if (!last || sample.at <= last.at || sample.bytes < last.bytes) return null;
    const seconds = (sample.at - last.at) / 1000;
    const arrived = sample.packets - last.packets;
    const lost = Math.max(0, sample.lost - last.lost);
    const mime = entries.get(String(inbound.codecId))?.mimeType;
    const transport = entries.get(String(inbound.transportId));
    const pair = entries.get(String(transport?.selectedCandidatePairId));
    const rtt = pair?.currentRoundTripTime;
    const line = pair?.availableIncomingBitrate;
    return {
      codec: typeof mime === "string" ? mime.replace(/^video\//, "") : "",
      width: number(inbound.frameWidth),
      height: number(inbound.frameHeight),
      fps: (sample.frames - last.frames) / seconds,
      kbps: ((sample.bytes - last.bytes) * 8) / seconds / 1000,
      loss: arrived + lost > 0 ? (lost / (arrived + lost)) * 100 : 0,
      rtt_ms: typeof rtt === "number" ? rtt * 1000 : null,
      jitter_ms: number(inbound.jitter) * 1000,
      freezes: number(inbound.freezeCount),
      frozen_ms: number(inbound.totalFreezesDuration) * 1000,
      line_kbps: typeof line === "number" ? line / 1000 : null,
    };
  }
}

/** From this share of lost packets on, or below this pace, a picture is called weak. */
const WEAK_LOSS_PERCENT = 5;
const WEAK_FPS = 4;
/** Good samples in a row before a weak line is called good again. */
const GOOD_IN_A_ROW = 2;

/** Why a moving picture is called weak: packets are lost, the site sends over a poor line, or few frames come for another reason. */
export type Weakness = "loss" | "siteLine" | "fewFrames";

/** `siteLine`: what the server says of the publisher's line is bad. */
export function weaknessOf({ loss, fps }: Pick<Figures, "loss" | "fps">, siteLine: boolean): Weakness | null {
  if (loss >= WEAK_LOSS_PERCENT) return "loss";
  if (siteLine) return "siteLine";
  return fps < WEAK_FPS ? "fewFrames" : null;
}

/** Weak at the first bad sample, good again only when it stays good: the word on the tile does not flutter. */
export class LineJudge {
  weak: Weakness | null = null;
  #good = 0;

  take(bad: Weakness | null): Weakness | null {
    this.#good = bad ? 0 : this.#good + 1;
    if (bad || this.#good >= GOOD_IN_A_ROW) this.weak = bad;
    return this.weak;
  }

  reset(): void {
    this.weak = null;
    this.#good = 0;
  }
}
