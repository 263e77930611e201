// Sizes as people read them.

const STEP = 1024;
const UNITS = ["B", "KiB", "MiB", "GiB"] as const;

/** `812 B`, `1.4 MiB`. */
export function sizeText(bytes: number): string {
  let at = 0;
  let size = bytes;
  while (size >= STEP && at < UNITS.length - 1) {
    size /= STEP;
    at += 1;
  }
  return `${at === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[at] ?? "B"}`;
}
