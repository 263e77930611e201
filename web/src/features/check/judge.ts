// From what was measured to a verdict and a cause. No browser in here: the same measurements give the same words.

import type { CheckItem, CheckTopic, CheckVerdict } from "@/api/types";
import type { CaptureFault } from "@/lib/capture-fault";

/** Rounds over signalling (ms): more is felt in every click. */
const ROUND_WEAK_MS = 300;
/** Clocks further apart (ms) make the times of a record contradict each other. */
const CLOCK_WEAK_MS = 2_000;
/** A wall of small pictures, and one clear picture (kbit/s). */
const DOWNLOAD_GOOD = 2_000;
const DOWNLOAD_BAD = 400;
/** Three layers of a camera, and its smallest with sound (kbit/s). */
const UPLOAD_GOOD = 1_500;
const UPLOAD_BAD = 300;
/** Of the bar from 0 to 1: someone who speaks near the microphone is well above, a quiet room well below. */
export const HEARD = 0.35;

export type Seat = "account" | "station" | "guest";

export const item = (topic: CheckTopic, verdict: CheckVerdict, cause = "", figure: number | null = null): CheckItem => ({ topic, verdict, cause, figure: figure === null ? null : Math.round(figure) });

/** A workstation is there to be seen; whoever only watches needs no camera. */
export function deviceFault(topic: "camera" | "microphone", fault: CaptureFault, seat: Seat): CheckItem {
  return item(topic, topic === "camera" && seat === "station" ? "bad" : "weak", fault);
}

export function camera(lines: number): CheckItem {
  return lines > 0 ? item("camera", "good", "", lines) : item("camera", "bad", "no_picture");
}

export function microphone(peak: number): CheckItem {
  return peak >= HEARD ? item("microphone", "good", "", peak * 100) : item("microphone", "weak", "silent", peak * 100);
}

export type Heard = "yes" | "no" | "unanswered" | "no_output";

export function speaker(heard: Heard): CheckItem {
  switch (heard) {
    case "yes":
      return item("speaker", "good");
    case "no":
      return item("speaker", "bad", "not_heard");
    case "no_output":
      return item("speaker", "bad", "no_output");
    case "unanswered":
      return item("speaker", "skipped", "unanswered");
  }
}

export function round(topic: "port" | "link", ms: number | null): CheckItem {
  if (ms === null) return item(topic, "bad", topic === "link" ? "no_websocket" : "unreachable");
  return ms > ROUND_WEAK_MS ? item(topic, "weak", "slow", ms) : item(topic, "good", "", ms);
}

/** `offset`: how far this computer's clock is ahead of the server's (ms). */
export function clock(offset: number | null): CheckItem {
  if (offset === null) return item("clock", "skipped", "no_answer");
  if (Math.abs(offset) <= CLOCK_WEAK_MS) return item("clock", "good", "", offset);
  return item("clock", "weak", offset > 0 ? "ahead" : "behind", offset);
}

export type Reach =
  | { is: "reached"; port: number }
  /** Nothing came back from this port. */
  | { is: "blocked"; port: number }
  /** The server offers no such way. */
  | { is: "absent" }
  /** The server gave no peer to reach, or this browser makes no connections: nothing was learned of the way. */
  | { is: "untried"; cause: "busy" | "no_peer" | "no_webrtc" };

export function ways(udp: Reach, tcp: Reach): [CheckItem, CheckItem] {
  return [way("udp", udp, tcp), way("tcp", tcp, udp)];
}

function way(topic: "udp" | "tcp", own: Reach, other: Reach): CheckItem {
  switch (own.is) {
    case "reached":
      return item(topic, "good", "", own.port);
    case "blocked":
      return other.is === "reached" ? item(topic, "weak", `${topic}_blocked`, own.port) : item(topic, "bad", "media_blocked", own.port);
    case "absent":
      return other.is === "reached" ? item(topic, "skipped", "not_offered") : item(topic, "bad", "not_offered");
    case "untried":
      return item(topic, own.cause === "busy" ? "skipped" : "bad", own.cause);
  }
}

export type Width = { is: "measured"; kbps: number } | { is: "busy" } | { is: "failed" };

export function width(topic: "download" | "upload", width: Width): CheckItem {
  if (width.is === "busy") return item(topic, "skipped", "busy");
  if (width.is === "failed") return item(topic, "bad", "broken");
  const [good, bad] = topic === "download" ? [DOWNLOAD_GOOD, DOWNLOAD_BAD] : [UPLOAD_GOOD, UPLOAD_BAD];
  const { kbps } = width;
  return kbps >= good ? item(topic, "good", "", kbps) : item(topic, kbps >= bad ? "weak" : "bad", kbps >= bad ? "narrow" : "too_narrow", kbps);
}

const RANK: Record<CheckVerdict, number> = { good: 0, skipped: 0, weak: 1, bad: 2 };

/** As the server judges the whole: the worst of what was tried. */
export function worst(items: readonly CheckItem[]): CheckVerdict {
  const tried = items.filter((one) => one.verdict !== "skipped");
  if (tried.length === 0) return items.length === 0 ? "good" : "skipped";
  return tried.reduce((a, b) => (RANK[b.verdict] > RANK[a.verdict] ? b : a)).verdict;
}
