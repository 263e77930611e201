// Loudness of a microphone as a bar from 0 to 1.

/** Quieter than this is shown as nothing, in dBFS. */
const FLOOR_DB = -60;

/** From samples between -1 and 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  if (rms <= 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, 1 - db / FLOOR_DB));
}
