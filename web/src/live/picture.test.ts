// What a picture keeps of a site, and what not, with made-up elements.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RemoteVideoTrack } from "livekit-client";
import { Picture } from "./picture";

beforeEach(() => {
  const element = () => ({ videoWidth: 640, videoHeight: 360, requestVideoFrameCallback() {}, getContext: () => null });
  vi.stubGlobal("document", { hidden: false, createElement: element });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const track = () => ({ attach() {}, detach() {}, streamState: "active" }) as unknown as RemoteVideoTrack;
const kept = (picture: Picture) => picture.state.getSnapshot().kept;

test("the last frame of a site stays, but not of one that wants privacy", () => {
  const picture = new Picture(() => undefined);
  const shown = track();
  picture.addVideo("e", shown);
  picture.removeVideo(shown);
  expect(kept(picture)).toBe(true);
  picture.withhold(true);
  expect([kept(picture), picture.still.width]).toEqual([false, 0]);
});

test("privacy that is told before the track goes keeps no frame; afterwards one is kept again", () => {
  const picture = new Picture(() => undefined);
  const [before, after] = [track(), track()];
  picture.addVideo("e", before);
  picture.withhold(true);
  picture.removeVideo(before);
  expect(kept(picture)).toBe(false);
  picture.withhold(false);
  picture.addVideo("e", after);
  picture.removeVideo(after);
  expect(kept(picture)).toBe(true);
});
