import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FLOOD, FLOOD_MS, GATHER_MS, Gathering } from "./gathering";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the first is handed on at once, a burst together and in order, and nothing is kept back", () => {
  const handed: number[][] = [];
  const gathering = new Gathering<number>((gathered) => handed.push(gathered));
  gathering.add(1);
  expect(handed).toEqual([[1]]);
  gathering.add(2);
  gathering.add(3);
  expect(handed).toHaveLength(1);
  vi.advanceTimersByTime(GATHER_MS);
  expect(handed).toEqual([[1], [2, 3]]);
  gathering.add(4);
  vi.advanceTimersByTime(GATHER_MS);
  expect(handed.at(-1)).toEqual([4]);
  // Quiet again: nothing is due, and the next one does not wait.
  vi.advanceTimersByTime(GATHER_MS);
  expect(vi.getTimerCount()).toBe(0);
  gathering.add(5);
  expect(handed).toEqual([[1], [2, 3], [4], [5]]);
});

test("in a flood more is gathered, and after it less again", () => {
  const handed: number[] = [];
  const gathering = new Gathering<number>((gathered) => handed.push(gathered.length));
  for (let n = 0; n <= FLOOD; n++) gathering.add(n);
  vi.advanceTimersByTime(GATHER_MS);
  expect(handed).toEqual([1, FLOOD]);
  gathering.add(1);
  vi.advanceTimersByTime(FLOOD_MS - 1);
  expect(handed).toEqual([1, FLOOD]);
  vi.advanceTimersByTime(1);
  gathering.add(2);
  vi.advanceTimersByTime(GATHER_MS);
  expect(handed).toEqual([1, FLOOD, 1, 1]);
});
