import { afterEach, beforeEach, expect, test, vi } from "vitest";

const BEHIND_MS = 5 * 60_000;
const SERVER = Date.UTC(2026, 10, 27, 1, 0, 0);

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
  vi.setSystemTime(SERVER - BEHIND_MS);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Every answer has the date of the server. */
const answering = () =>
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("{}", { headers: { date: new Date(Date.now() + BEHIND_MS).toUTCString() } })));

test("on a computer five minutes behind, one answer puts what is shown and compared right", async () => {
  answering();
  const { onSecond, serverNow } = await import("@/lib/now");
  const { http } = await import("./client");
  const told: number[] = [];
  const forget = onSecond(() => told.push(serverNow()));
  expect(serverNow()).toBe(SERVER - BEHIND_MS);
  await http.get("/me");
  expect(Math.abs(serverNow() - SERVER)).toBeLessThan(1_000);
  expect(told).toHaveLength(1);
  // It ticks on the server's second.
  vi.advanceTimersByTime(10_000);
  expect(told.length).toBeGreaterThan(9);
  expect(told.slice(1).every((at) => at % 1_000 === 0)).toBe(true);
  forget();
});

test("an answer without a date changes nothing", async () => {
  const { heardDate, serverNow } = await import("@/lib/now");
  heardDate(null, Date.now());
  heardDate("yesterday", Date.now());
  expect(serverNow()).toBe(SERVER - BEHIND_MS);
});
