// How wide the line is, measured with bytes that are really sent: down in one stream that is cut off, up in growing steps.

import { within } from "@/lib/patience";
import { Problem } from "@/lib/problem";
import type { Width } from "./judge";

const DOWNLOAD_BYTES = 12 * 1024 * 1024;
const DOWNLOAD_MS = 1_200;
/** Each four times the one before: the first that takes long enough to be measured is the last. */
const UPLOAD_STEPS = [16, 64, 256, 1024, 4096].map((kib) => kib * 1024);
const UPLOAD_ENOUGH_MS = 300;
/** A line on which the smallest step takes longer is told by that. */
const UPLOAD_PATIENCE_MS = 3_000;

export const kbps = (bytes: number, ms: number): number => (bytes * 8) / Math.max(1, ms);

export async function download(open: (bytes: number, signal: AbortSignal) => Promise<Response>, signal: AbortSignal): Promise<Width> {
  const enough = new AbortController();
  const stop = () => enough.abort();
  signal.addEventListener("abort", stop, { once: true });
  // Before the first byte the wait is the server's and the way's, and may be longer than the measurement.
  const late = setTimeout(stop, 3 * DOWNLOAD_MS);
  let bytes = 0;
  let began: number | null = null;
  let last = 0;
  try {
    const reader = (await open(DOWNLOAD_BYTES, enough.signal)).body?.getReader();
    if (!reader) return { is: "failed" };
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      last = performance.now();
      // The first piece only starts the clock: nobody knows when it set out.
      if (began === null) began = last;
      else bytes += value.byteLength;
      if (last - began >= DOWNLOAD_MS) break;
    }
    enough.abort();
  } catch (error) {
    signal.throwIfAborted();
    if (bytes === 0) return failure(error);
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", stop);
  }
  return began === null || bytes === 0 ? { is: "failed" } : { is: "measured", kbps: kbps(bytes, last - began) };
}

export async function upload(send: (body: Blob, signal: AbortSignal) => Promise<unknown>, signal: AbortSignal): Promise<Width> {
  let measured: number | null = null;
  for (const size of UPLOAD_STEPS) {
    const began = performance.now();
    try {
      await send(noise(size), within(UPLOAD_PATIENCE_MS, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (measured !== null) break;
      // Even the smallest did not get through in time: that bounds what the line carries.
      return error instanceof Problem ? failure(error) : { is: "measured", kbps: kbps(size, UPLOAD_PATIENCE_MS) };
    }
    const took = performance.now() - began;
    measured = kbps(size, took);
    if (took >= UPLOAD_ENOUGH_MS) break;
  }
  return measured === null ? { is: "failed" } : { is: "measured", kbps: measured };
}

function failure(error: unknown): Width {
  return error instanceof Problem && error.status === 429 ? { is: "busy" } : { is: "failed" };
}

/** Random, so that nothing on the way makes it fewer. */
function noise(size: number): Blob {
  const piece = crypto.getRandomValues(new Uint8Array(16 * 1024));
  return new Blob(Array.from({ length: Math.ceil(size / piece.byteLength) }, () => piece));
}
