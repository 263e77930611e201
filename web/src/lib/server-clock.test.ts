import { expect, test } from "vitest";
import { ServerClock } from "./server-clock";

const MINUTE = 60_000;

test("a clock that runs behind is told by the first answer to within a second, and closer by the next ones", () => {
  const clock = new ServerClock();
  const ahead = 5 * MINUTE;
  // What the server writes when it answers at this moment of the computer's clock.
  const dateAt = (local: number) => Math.floor((local + ahead) / 1_000) * 1_000;
  expect(clock.heard(dateAt(10_300), 10_290, 10_310)).toBe(true);
  expect(Math.abs(clock.ahead - ahead)).toBeLessThan(1_000);
  for (let local = 11_000; local < 40_000; local += 1_037) clock.heard(dateAt(local), local - 10, local + 10);
  expect(Math.abs(clock.ahead - ahead)).toBeLessThan(120);
});

test("a right clock is left alone, and a slow answer says little", () => {
  const clock = new ServerClock();
  expect(clock.heard(10_000, 10_400, 10_420)).toBe(false);
  expect(clock.heard(11_000, 5_000, 12_000)).toBe(false);
  expect(clock.ahead).toBe(0);
});

test("a clock that is set while the page is open is told anew", () => {
  const clock = new ServerClock();
  clock.heard(10_000, 10_400, 10_420);
  expect(clock.heard(70_000, 10_600, 10_620)).toBe(true);
  expect(clock.ahead).toBeGreaterThan(59_000);
  expect(clock.heard(70_000, 70_500, 70_520)).toBe(true);
  expect(Math.abs(clock.ahead)).toBeLessThan(1_000);
});
