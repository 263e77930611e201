// What a tile says: one state out of the session, the site's presence, the link and the picture. Pure.

import type { OfflineCause, PrivacySwitch, SessionEnd } from "@/api/types";
import type { Problem } from "@/lib/problem";
import type { Weakness } from "@/live/figures";
import type { SiteStatus } from "./sites";

export type TileState = "connecting" | "live" | "weak" | "offline" | "privacy" | "ended" | "refused";

/** How the tile's session stands. */
export type Phase =
  | { is: "opening"; since: number }
  | { is: "open"; since: number; session: string }
  | { is: "ended"; since: number; session: string; cause: SessionEnd | null }
  | { is: "refused"; since: number; problem: Problem };

/** The media plane has no room for one more watch: a refusal that passes. */
export function isFull(problem: Problem): boolean {
  return problem.code === "media_full";
}

export interface TileInput {
  phase: Phase;
  privacy: PrivacySwitch | undefined;
  status: SiteStatus | undefined;
  linkUp: boolean;
  flow: "none" | "waiting" | "moving" | "still";
  flowSince: number;
  weak: Weakness | null;
  /** The server pauses the picture for want of room on this console's line. */
  paused: boolean;
}

export type TileCause =
  | { is: "none" }
  | { is: "offline"; cause: OfflineCause | null }
  | { is: "notOnAir" }
  | { is: "privacy"; reason: string }
  | { is: "link" }
  | { is: "still" }
  | { is: "paused" }
  | { is: Weakness }
  | { is: "ended"; cause: SessionEnd | null }
  | { is: "refused"; problem: Problem };

export interface TileView {
  state: TileState;
  cause: TileCause;
  /** Since when; null when it is not known. */
  since: number | null;
}

export function tileView({ phase, privacy, status, linkUp, flow, flowSince, weak, paused }: TileInput): TileView {
  if (phase.is === "refused") return { state: "refused", cause: { is: "refused", problem: phase.problem }, since: phase.since };
  if (phase.is === "ended") return { state: "ended", cause: { is: "ended", cause: phase.cause }, since: phase.since };
  if (privacy?.on) return { state: "privacy", cause: { is: "privacy", reason: privacy.reason ?? "" }, since: privacy.since_ms };
  if (flow === "moving" && !paused) {
    return weak ? { state: "weak", cause: { is: weak }, since: flowSince } : { state: "live", cause: { is: "none" }, since: flowSince };
  }
  if (!linkUp) return { state: "connecting", cause: { is: "link" }, since: phase.since };
  // Frames stopped: the server's word, if it has one, says more than the silence does.
  if (status?.state === "offline" || status?.state === "disabled") return { state: "offline", cause: { is: "offline", cause: status.cause }, since: status.since_ms };
  if (paused) return { state: "weak", cause: { is: "paused" }, since: flowSince };
  if (flow === "still") return { state: "weak", cause: { is: "still" }, since: flowSince };
  if (flow === "none" && status?.state === "online") return { state: "offline", cause: { is: "notOnAir" }, since: status.since_ms };
  return { state: "connecting", cause: { is: "none" }, since: phase.since };
}
