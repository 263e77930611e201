// @livekit/rtc-node, unmodified, against the real server.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { createInterface } from "node:readline";
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  DisconnectReason,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
  VideoStream,
  dispose,
} from "@livekit/rtc-node";
import { Cable } from "../journeys/harness/cable.mjs";

const WAIT_MS = 15_000;
const python = new URL(".venv/bin/python", import.meta.url).pathname;
const here = new URL(".", import.meta.url).pathname;
let server, url;

before(async () => {
  // The Python half knows how to start a server and to sign a token; there is no reason to know it twice.
  const script = "from server import Server; import sys; s = Server().start(); print(s.url, flush=True); sys.stdin.read(); s.stop()";
  server = spawn(python, ["-c", script], { cwd: here, stdio: ["pipe", "pipe", "inherit"] });
  [url] = await once(createInterface({ input: server.stdout }), "line");
});

after(async () => {
  const gone = once(server, "exit");
  server.stdin.end();
  await gone;
  await dispose();
});

function token(identity, room) {
  const script = "import sys; from server import token; print(token(sys.argv[1], sys.argv[2]))";
  return execFileSync(python, ["-c", script, identity, room], { cwd: here, encoding: "utf8" }).trim();
}

async function join(t, identity, room, way = url) {
  const joined = new Room();
  await joined.connect(way, token(identity, room), { autoSubscribe: true, dynacast: true });
  t.after(() => joined.disconnect());
  return joined;
}

function told(room, event, accept = () => true) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${event}: not within ${WAIT_MS} ms`)), WAIT_MS);
    const hear = (...args) => {
      if (!accept(...args)) return;
      clearTimeout(late);
      room.off(event, hear);
      resolve(args);
    };
    room.on(event, hear);
  });
}

test("video and audio are decoded at the other end", async (t) => {
  const a = await join(t, "a", "node-media");
  const b = await join(t, "b", "node-media");
  const picture = told(b, RoomEvent.TrackSubscribed, (_, publication) => publication.source === TrackSource.SOURCE_CAMERA);
  const sound = told(b, RoomEvent.TrackSubscribed, (_, publication) => publication.source === TrackSource.SOURCE_MICROPHONE);

  const [width, height] = [320, 180];
  const video = new VideoSource(width, height);
  let step = 0;
  const draw = setInterval(() => {
    const pixels = new Uint8Array(width * height * 4).fill((step += 3) % 256);
    video.captureFrame(new VideoFrame(pixels, width, height, VideoBufferType.RGBA));
  }, 66);
  t.after(() => clearInterval(draw));
  const camera = new TrackPublishOptions();
  camera.source = TrackSource.SOURCE_CAMERA;
  await a.localParticipant.publishTrack(LocalVideoTrack.createVideoTrack("camera", video), camera);

  const audio = new AudioSource(48_000, 1);
  const microphone = new TrackPublishOptions();
  microphone.source = TrackSource.SOURCE_MICROPHONE;
  await a.localParticipant.publishTrack(LocalAudioTrack.createAudioTrack("microphone", audio), microphone);
  let singing = true;
  t.after(() => (singing = false));
  (async () => {
    for (let at = 0; singing; at += 480) {
      const wave = Int16Array.from({ length: 480 }, (_, i) => 12_000 * Math.sin((2 * Math.PI * 440 * (at + i)) / 48_000));
      await audio.captureFrame(new AudioFrame(wave, 48_000, 1, 480));
    }
  })();

  const [seen] = await picture;
  let frames = 0;
  for await (const { frame } of new VideoStream(seen)) {
    assert.ok(frame.width > 0 && frame.width * height === frame.height * width);
    if (++frames === 10) break;
  }
  const [heard] = await sound;
  let loud = 0;
  for await (const frame of new AudioStream(heard, 48_000, 1)) {
    if (frame.data.some((sample) => Math.abs(sample) > 3000) && ++loud === 20) break;
  }
  assert.equal(loud, 20);
});

test("data, RPC and attributes arrive", async (t) => {
  const a = await join(t, "a", "node-data");
  const b = await join(t, "b", "node-data");
  const data = told(b, RoomEvent.DataReceived);
  await a.localParticipant.publishData(new Uint8Array([1, 2, 3]), { reliable: true, topic: "t" });
  const [bytes, participant] = await data;
  assert.deepEqual([...bytes], [1, 2, 3]);
  assert.equal(participant.identity, "a");

  b.localParticipant.registerRpcMethod("greet", async ({ payload, callerIdentity }) => `${callerIdentity}: ${payload}`);
  const answer = await a.localParticipant.performRpc({ destinationIdentity: "b", method: "greet", payload: "你好" });
  assert.equal(answer, "a: 你好");
});

test("a second link of one identity ends the first, and says why", async (t) => {
  const first = await join(t, "twin", "node-twin");
  const ended = told(first, RoomEvent.Disconnected);
  await join(t, "twin", "node-twin");
  const [reason] = await ended;
  assert.equal(reason, DisconnectReason.DUPLICATE_IDENTITY);
});

test("a socket that was cut comes back as the same participant, and the picture never stopped", async (t) => {
  const { hostname, port } = new URL(url);
  const cable = await Cable.lay(hostname, Number(port));
  t.after(() => cable.cut());
  const way = `ws://127.0.0.1:${cable.port}`;
  const a = await join(t, "a", "node-resume", way);
  const b = await join(t, "b", "node-resume", way);
  const subscribed = told(b, RoomEvent.TrackSubscribed);
  const [width, height] = [320, 180];
  const video = new VideoSource(width, height);
  let step = 0;
  const draw = setInterval(() => {
    const pixels = new Uint8Array(width * height * 4).fill((step += 3) % 256);
    video.captureFrame(new VideoFrame(pixels, width, height, VideoBufferType.RGBA));
  }, 66);
  t.after(() => clearInterval(draw));
  const camera = new TrackPublishOptions();
  camera.source = TrackSource.SOURCE_CAMERA;
  await a.localParticipant.publishTrack(LocalVideoTrack.createVideoTrack("camera", video), camera);
  const [seen] = await subscribed;
  const sids = [a.localParticipant.sid, b.localParticipant.sid];
  let lost = false;
  for (const room of [a, b]) room.on(RoomEvent.Disconnected, () => (lost = true));
  b.on(RoomEvent.TrackUnsubscribed, () => (lost = true));

  let last = null;
  let longest = 0;
  let frames = 0;
  let cutAt = null;
  let back = null;
  for await (const _ of new VideoStream(seen)) {
    const now = performance.now();
    if (last !== null) longest = Math.max(longest, now - last);
    last = now;
    frames += 1;
    if (frames === 30) {
      longest = 0;
      cutAt = now;
      back = Promise.all([a, b].map((room) => told(room, RoomEvent.Reconnected)));
      // This client comes back as the same participant only if its first attempt succeeds: that one waits.
      await cable.cut({ hold: true });
    }
    if (cutAt !== null && now - cutAt >= 3_000) break;
  }
  assert.ok(longest < 1_000, `the picture stood still for ${longest.toFixed(0)} ms while the sockets were cut`);
  await cable.mend();
  await back;
  frames = 0;
  for await (const _ of new VideoStream(seen)) if (++frames === 30) break;
  assert.deepEqual([a.localParticipant.sid, b.localParticipant.sid], sids);
  assert.ok(!lost);
});
