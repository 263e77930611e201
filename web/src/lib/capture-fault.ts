// Why a camera or microphone could not be opened, in the few kinds that someone on site can act on.

export type CaptureFault = "denied" | "busy" | "missing" | "insecure" | "unknown";

/** Names are those of the Media Capture specification (getUserMedia) and of Chromium's and Firefox's habits. */
export function captureFault(error: unknown): CaptureFault {
  const name = error instanceof Error || isNamed(error) ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
      return "denied";
    case "NotReadableError":
    case "AbortError":
    case "TrackStartError":
      return "busy";
    case "NotFoundError":
    case "OverconstrainedError":
    case "DevicesNotFoundError":
      return "missing";
    case "SecurityError":
    case "InsecureError":
      return "insecure";
    default:
      return "unknown";
  }
}

function isNamed(error: unknown): error is { name: string } {
  return typeof error === "object" && error !== null && "name" in error && typeof error.name === "string";
}
