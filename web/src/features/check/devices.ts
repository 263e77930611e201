// The computer's own devices: a picture from the camera, sound that the microphone hears, a tone from the speaker.

import { captureFault, type CaptureFault } from "@/lib/capture-fault";
import { findChosen, ofKind, type Choice } from "@/lib/devices";
import { loudness } from "@/lib/loudness";
import { HEARD } from "./judge";

/** How long somebody may take to say something. */
const LISTEN_MS = 3_500;
const LOOK_MS = 60;
const PICTURE_MS = 3_000;
const TONE_S = 1.2;

export class Fault extends Error {
  readonly fault: CaptureFault;

  constructor(fault: CaptureFault) {
    super(fault);
    this.fault = fault;
  }
}

async function open(kind: "video" | "audio", chosen: Choice | null): Promise<MediaStreamTrack> {
  // Where a page is not secure, browsers show no devices at all.
  if (!("mediaDevices" in navigator) || !navigator.mediaDevices) throw new Fault("insecure");
  try {
    const devices = chosen ? ofKind(await navigator.mediaDevices.enumerateDevices(), kind === "video" ? "videoinput" : "audioinput") : [];
    const found = findChosen(devices, chosen);
    const wanted = { ...(found ? { deviceId: { exact: found.deviceId } } : {}), ...(kind === "audio" ? { echoCancellation: false, noiseSuppression: false, autoGainControl: false } : {}) };
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: wanted });
    const [track] = stream.getTracks();
    if (!track) throw new Fault("missing");
    return track;
  } catch (error) {
    throw error instanceof Fault ? error : new Fault(captureFault(error));
  }
}

/** The track, and how many lines its picture really has; 0 when no frame came. */
export async function picture(chosen: Choice | null, signal: AbortSignal): Promise<{ track: MediaStreamTrack; lines: number }> {
  const track = await open("video", chosen);
  if (signal.aborted) track.stop();
  signal.throwIfAborted();
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  const shown = new Promise<number>((resolve) => {
    const end = () => resolve(video.videoHeight);
    video.addEventListener("loadeddata", end, { once: true });
    signal.addEventListener("abort", end, { once: true });
    setTimeout(end, PICTURE_MS);
  });
  video.play().catch(() => undefined);
  const lines = await shown;
  video.srcObject = null;
  if (signal.aborted) track.stop();
  signal.throwIfAborted();
  return { track, lines };
}

/** The loudest that was heard, from 0 to 1; ends early once it is loud enough. */
export async function listen(chosen: Choice | null, context: AudioContext, level: (now: number) => void, signal: AbortSignal): Promise<number> {
  const track = await open("audio", chosen);
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  const source = context.createMediaStreamSource(new MediaStream([track]));
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let peak = 0;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearInterval(look);
      clearTimeout(late);
      resolve();
    };
    const late = setTimeout(end, LISTEN_MS);
    const look = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const now = loudness(samples);
      level(now);
      peak = Math.max(peak, now);
      if (peak >= HEARD || signal.aborted) end();
    }, LOOK_MS);
  });
  level(0);
  source.disconnect();
  track.stop();
  signal.throwIfAborted();
  return peak;
}

/** Two soft notes. False: this computer plays nothing. */
export async function tone(context: AudioContext): Promise<boolean> {
  await Promise.race([context.resume().catch(() => undefined), new Promise((late) => setTimeout(late, 1_000))]);
  if (context.state !== "running") return false;
  const gain = new GainNode(context, { gain: 0 });
  gain.connect(context.destination);
  const now = context.currentTime;
  gain.gain.linearRampToValueAtTime(0.25, now + 0.05);
  gain.gain.setValueAtTime(0.25, now + TONE_S - 0.1);
  gain.gain.linearRampToValueAtTime(0, now + TONE_S);
  const note = new OscillatorNode(context, { frequency: 523 });
  note.frequency.setValueAtTime(659, now + TONE_S / 2);
  note.connect(gain);
  note.start(now);
  note.stop(now + TONE_S);
  await new Promise<void>((ended) => {
    note.addEventListener("ended", () => ended(), { once: true });
    setTimeout(ended, (TONE_S + 1) * 1000);
  });
  gain.disconnect();
  return true;
}
