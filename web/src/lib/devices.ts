// Which of the computer's cameras and microphones to open: what was chosen here before, found again by id or by name.

import { keptForAll } from "./kept";

/** What was chosen at this workstation. */
export const keptChoices = keptForAll("lianxian.station.devices");

export interface Choice {
  id: string;
  label: string;
}

export interface Choices {
  camera: Choice;
  /** Null: this place sends no sound at all. */
  microphone: Choice | null;
}

/** What a device list says of one device. */
export interface Device {
  kind: string;
  deviceId: string;
  label: string;
}

export function ofKind(devices: readonly Device[], kind: "videoinput" | "audioinput"): Device[] {
  // "default" and "communications" are doubles of another entry.
  return devices.filter((d) => d.kind === kind && d.deviceId !== "" && d.deviceId !== "default" && d.deviceId !== "communications");
}

/** The chosen device: by its id; else (ids change when site data is cleared) by its name; else none. */
export function findChosen(devices: readonly Device[], chosen: Choice | null): Device | undefined {
  if (!chosen) return undefined;
  return devices.find((d) => d.deviceId === chosen.id) ?? devices.find((d) => d.label !== "" && d.label === chosen.label);
}

/** What was stored, if it is still of the shape we store. */
export function parseChoices(stored: string | null): Choices | null {
  if (!stored) return null;
  try {
    const found: unknown = JSON.parse(stored);
    if (typeof found !== "object" || found === null || !("camera" in found)) return null;
    const camera = asChoice(found.camera);
    const microphone = "microphone" in found ? asChoice(found.microphone) : null;
    return camera && { camera, microphone };
  } catch {
    return null;
  }
}

function asChoice(value: unknown): Choice | null {
  if (typeof value !== "object" || value === null || !("id" in value) || !("label" in value)) return null;
  const { id, label } = value;
  return typeof id === "string" && typeof label === "string" ? { id, label } : null;
}
