// A run without devices, whose media connections neither come up nor fail.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { checks } from "@/api/calls";
import { CheckRun } from "./run";

class Silent extends EventTarget {
  connectionState = "new";
  localDescription = { sdp: "" };
  createDataChannel() {}
  async createOffer() {}
  async setLocalDescription() {}
  async setRemoteDescription() {}
  close() {}
}

beforeEach(() => {
  vi.stubGlobal("location", { protocol: "https:", host: "centre" });
  vi.stubGlobal("AudioContext", class {
    state = "suspended";
    async resume() {}
    async close() {}
  });
  vi.stubGlobal("WebSocket", class {
    onclose: () => void = () => undefined;
    constructor() {
      queueMicrotask(() => this.onclose());
    }
    close() {}
  });
  vi.stubGlobal("RTCPeerConnection", Silent);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a run that is stopped while the ways of media are tried does not call them blocked", async () => {
  const answered: string[] = [];
  const calls = {
    async peer(sdp: string) {
      answered.push(sdp);
      return { sdp: "a=candidate:1 1 udp 1 10.1.2.3 8444 typ host\r\na=candidate:2 1 tcp 1 10.1.2.3 443 typ host" };
    },
  } as unknown as ReturnType<typeof checks>;
  const run = new CheckRun();
  const over = run.start({ seat: "guest", calls, choices: null, silent: true, brief: true });
  await vi.waitFor(() => expect(answered).toHaveLength(2));
  run.cancel();
  expect(await over).toBeNull();
  expect(run.view.getSnapshot().state).toBe("cancelled");
  expect(run.items.map((item) => item.topic)).not.toContain("udp");
});
