// What this page sends, against a made-up room and made-up devices: silence is at once, and a device that fails is wanted no more.

import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Call, type Sends } from "./call";

class FakeTrack extends EventEmitter {
  readonly mediaStreamTrack = { enabled: true };
  stopped = false;

  stop() {
    this.stopped = true;
  }
}

class FakeRoom extends EventEmitter {
  remoteParticipants = new Map();
  activeSpeakers = [];
  canPlaybackAudio = true;
  localParticipant = Object.assign(new EventEmitter(), {
    permissions: { canPublish: true },
    getTrackPublication: (source: string) => (net.sent.has(source) ? { track: net.sent.get(source) } : undefined),
    publishTrack: async (track: FakeTrack, { source }: { source: string }) => {
      await net.publishing;
      net.sent.set(source, track);
      net.published.push(track);
    },
    unpublishTrack: async (track: FakeTrack) => {
      for (const [source, sent] of net.sent) if (sent === track) net.sent.delete(source);
    },
  });

  async connect() {}
  async disconnect() {}
}

interface Device {
  /** Set: it takes until then to open. */
  opening: Promise<void> | null;
  /** Set: it does not open, and this is the name of why. */
  fault: string;
  opened: FakeTrack[];
}

const device = (): Device => ({ opening: null, fault: "", opened: [] });
let net: { sent: Map<string, FakeTrack>; published: FakeTrack[]; publishing: Promise<void> | null };
let microphone: Device;
let camera: Device;

async function open(from: Device): Promise<FakeTrack> {
  await from.opening;
  if (from.fault) throw Object.assign(new Error("no device"), { name: from.fault });
  const track = new FakeTrack();
  from.opened.push(track);
  return track;
}

vi.mock("livekit-client", async (original) => ({
  ...(await original<object>()),
  Room: vi.fn(function () {
    return new FakeRoom();
  }),
  createLocalAudioTrack: () => open(microphone),
  createLocalVideoTrack: () => open(camera),
}));

const settle = async () => {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
};

/** Something that takes until it is let go. */
function held(): { until: Promise<void>; go: () => Promise<void> } {
  let done: () => void = () => undefined;
  const until = new Promise<void>((resolve) => (done = resolve));
  return {
    until,
    async go() {
      done();
      await settle();
    },
  };
}

async function connected(): Promise<Call> {
  const call = new Call({ token: async () => ({ token: "t", identity: "me" }), mayRetry: () => true });
  await settle();
  expect(view(call).phase).toBe("connected");
  return call;
}

const view = (call: Call) => call.view.getSnapshot();
const stands = (call: Call, what: Sends) => [view(call).wants[what], view(call).sends[what]];

beforeEach(() => {
  net = { sent: new Map(), published: [], publishing: null };
  microphone = device();
  camera = device();
  vi.stubGlobal("window", { addEventListener() {}, removeEventListener() {}, location: { protocol: "https:", host: "centre" } });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("muting is silent at once, also behind a camera that is still opening", async () => {
  const call = await connected();
  call.want("microphone", true);
  await settle();
  expect(stands(call, "microphone")).toEqual([true, true]);
  const opening = held();
  camera.opening = opening.until;
  call.want("camera", true);
  await settle();

  call.want("microphone", false);
  const [track] = microphone.opened;
  expect([track?.mediaStreamTrack.enabled, net.sent.size]).toEqual([false, 1]);
  expect(stands(call, "microphone")).toEqual([false, false]);
  await opening.go();
  expect(track?.stopped).toBe(true);
  expect([...net.sent.values()]).toEqual(camera.opened);
});

test("a microphone that opens after it was unwanted is not sent", async () => {
  const call = await connected();
  const opening = held();
  microphone.opening = opening.until;
  call.want("microphone", true);
  await settle();
  call.want("microphone", false);
  await opening.go();
  expect(microphone.opened.map((track) => track.stopped)).toEqual([true]);
  expect(net.published).toEqual([]);

  microphone.fault = "NotAllowedError";
  const asking = held();
  microphone.opening = asking.until;
  call.want("microphone", true);
  await settle();
  call.want("microphone", false);
  await asking.go();
  expect(view(call).fault).toBeNull();
});

test("while it is being published it can be taken back, and wanted again", async () => {
  const call = await connected();
  const publishing = held();
  net.publishing = publishing.until;
  call.want("microphone", true);
  await settle();
  expect(stands(call, "microphone")).toEqual([true, false]);
  const enabled = () => microphone.opened[0]?.mediaStreamTrack.enabled;
  call.want("microphone", false);
  expect(enabled()).toBe(false);
  call.want("microphone", true);
  expect(enabled()).toBe(true);
  call.want("microphone", false);
  await publishing.go();
  expect([enabled(), net.sent.size, microphone.opened[0]?.stopped]).toEqual([false, 0, true]);
});

test("a refused device is wanted no more and says why; asked for again, it is tried again", async () => {
  const call = await connected();
  microphone.fault = "NotAllowedError";
  call.want("microphone", true);
  await settle();
  expect(view(call)).toMatchObject({ wants: { microphone: false }, fault: { what: "microphone", why: "denied" } });
  microphone.fault = "";
  call.want("microphone", true);
  await settle();
  expect(view(call)).toMatchObject({ sends: { microphone: true }, fault: null });
});

test("an unplugged device leaves a note, and what the library opens anew for it is shut again", async () => {
  const call = await connected();
  call.want("camera", true);
  await settle();
  const [track] = camera.opened;
  track?.emit("ended");
  await settle();
  expect(view(call)).toMatchObject({ wants: { camera: false }, sends: { camera: false }, fault: { what: "camera", why: "missing" } });
  expect(net.sent.size).toBe(0);
  if (track) track.stopped = false;
  track?.emit("restarted");
  expect(track?.stopped).toBe(true);
});

test("what the library opens anew after an outage stays as silent as it was", async () => {
  const call = await connected();
  call.want("microphone", true);
  await settle();
  const opening = held();
  camera.opening = opening.until;
  call.want("camera", true);
  await settle();
  call.want("microphone", false);
  const [track] = microphone.opened;
  if (track) track.mediaStreamTrack.enabled = true;
  track?.emit("restarted");
  expect(track?.mediaStreamTrack.enabled).toBe(false);
  await opening.go();
});
