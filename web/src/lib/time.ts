// Times as people read them here: Beijing time, `11-24 09:05:12`, and durations as `03:12`.

const BEIJING_OFFSET_MS = 8 * 3_600_000;

const two = (n: number) => String(n).padStart(2, "0");

function beijing(ms: number): Date {
  return new Date(ms + BEIJING_OFFSET_MS);
}

/** `11-24 09:05:12`; with the year in front when it is not the year of `now`. */
export function timeText(ms: number, now: number = Date.now()): string {
  const date = beijing(ms);
  const year = date.getUTCFullYear() === beijing(now).getUTCFullYear() ? "" : `${date.getUTCFullYear()}-`;
  return `${year}${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())} ${clockText(ms)}`;
}

/** `09:05:12` */
export function clockText(ms: number): string {
  const date = beijing(ms);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

/** `2026-11-24` */
export function dayText(ms: number): string {
  const date = beijing(ms);
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}

/** `2026-11-24T09:05`, as a field of date and time has it; Beijing time. */
export function fieldTime(ms: number): string {
  return `${dayText(ms)}T${clockText(ms).slice(0, 5)}`;
}

/** What such a field says, in milliseconds. */
export function fieldMs(said: string): number {
  return Date.parse(`${said}:00+08:00`);
}

/** `03:12`, `1:03:12`; never negative. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** The first millisecond of a Beijing day given as `2026-11-24`; null for anything else. */
export function startOfDay(day: string): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!found) return null;
  const at = Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3])) - BEIJING_OFFSET_MS;
  return dayText(at) === day ? at : null;
}

/** How long ago, in the largest fitting unit: 12 秒 / 3 分 / 2 小时 / 5 天. */
export function agoText(ms: number, language: "zh" | "en"): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units: [number, string, string][] = [[86_400, "天", "d"], [3600, "小时", "h"], [60, "分", "min"], [1, "秒", "s"]];
  for (const [size, zh, en] of units) {
    if (seconds >= size || size === 1) return `${Math.floor(seconds / size)} ${language === "zh" ? zh : en}`;
  }
  return "";
}
