// When the client library tries again after an outage: soon, and often enough that a server that was restarted, or a line
// that came back, is found within seconds; spread, so that a district does not come back in one instant.

import type { ReconnectPolicy } from "livekit-client";

/** Attempts of one outage before the library gives up and whoever holds the link begins anew with a fresh token. */
const ATTEMPTS = 12;
const LONGEST_MS = 2_000;

export const retryMs = (attempt: number): number => (attempt === 0 ? 100 : Math.min(250 * 2 ** attempt, LONGEST_MS)) * (0.75 + Math.random() / 2);

export const reconnectPolicy: ReconnectPolicy = {
  nextRetryDelayInMs: ({ retryCount }) => (retryCount < ATTEMPTS ? retryMs(retryCount) : null),
};
