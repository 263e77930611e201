// The camera and the microphone of this computer, opened as chosen; tells when the camera is gone.

import { findChosen, ofKind, type Choices } from "@/lib/devices";

export interface Capture {
  readonly video: MediaStreamTrack;
  /** Null when no microphone was chosen, or none could be opened. */
  readonly audio: MediaStreamTrack | null;
  /** A microphone was chosen and is not there. */
  readonly deaf: boolean;
  /** Both stop at once; the camera's light goes out. */
  close(): void;
}

/** A camera that delivers nothing for so long is opened anew. */
const FROZEN_MS = 10_000;

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

function mediaDevices(): MediaDevices {
  // Browsers hide cameras from pages that are not secure.
  if (!("mediaDevices" in navigator) || !navigator.mediaDevices) throw Object.assign(new Error("the page is not secure"), { name: "InsecureError" });
  return navigator.mediaDevices;
}

/** `lost` is called once if the camera goes away or stands still; never after `close`. */
export async function openCapture(choices: Choices, lost: () => void): Promise<Capture> {
  const devices = await listDevices();
  const camera = findChosen(ofKind(devices, "videoinput"), choices.camera);
  if (!camera) throw Object.assign(new Error(choices.camera.label), { name: "NotFoundError" });
  const picture = await mediaDevices().getUserMedia({ video: { ...PICTURE, deviceId: { exact: camera.deviceId } } });
  const [video] = picture.getVideoTracks();
  if (!video) throw Object.assign(new Error("no picture"), { name: "NotFoundError" });
  video.contentHint = "motion";
  const audio = await openMicrophone(devices, choices);
  let open = true;
  let frozen: ReturnType<typeof setTimeout> | undefined;
  const gone = () => {
    if (open) lost();
  };
  video.addEventListener("ended", gone);
  video.addEventListener("mute", () => (frozen = setTimeout(gone, FROZEN_MS)));
  video.addEventListener("unmute", () => clearTimeout(frozen));
  return {
    video,
    audio,
    deaf: choices.microphone !== null && audio === null,
    close() {
      open = false;
      clearTimeout(frozen);
      video.stop();
      audio?.stop();
    },
  };
}

/** A missing microphone is no reason to show no picture. */
async function openMicrophone(devices: MediaDeviceInfo[], { microphone }: Choices): Promise<MediaStreamTrack | null> {
  const found = findChosen(ofKind(devices, "audioinput"), microphone);
  if (!found) return null;
  try {
    const sound = await mediaDevices().getUserMedia({ audio: { ...SOUND, deviceId: { exact: found.deviceId } } });
    return sound.getAudioTracks()[0] ?? null;
  } catch {
    return null;
  }
}

/** Devices with their names. Names are hidden until someone allowed the camera: then it is asked for once. */
export async function listDevices(): Promise<MediaDeviceInfo[]> {
  const media = mediaDevices();
  const devices = await media.enumerateDevices();
  if (devices.some((d) => d.kind === "videoinput" && d.deviceId !== "" && d.label !== "")) return devices;
  const stream = await media.getUserMedia({ video: true, audio: devices.some((d) => d.kind === "audioinput") }).catch(() => media.getUserMedia({ video: true }));
  for (const track of stream.getTracks()) track.stop();
  return media.enumerateDevices();
}

/** Calls `changed` when a device is plugged in or out. Returns what ends it. */
export function watchDevices(changed: () => void): () => void {
  if (!("mediaDevices" in navigator) || !navigator.mediaDevices) return () => undefined;
  const media = navigator.mediaDevices;
  media.addEventListener("devicechange", changed);
  return () => media.removeEventListener("devicechange", changed);
}
