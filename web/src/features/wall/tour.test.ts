import { describe, expect, test } from "vitest";
import { beginTour, dwellOf, groupCount, groupOf, isDwell, leftOf, tourStep, wakeAt, WARM_MS, type Candidates, type Tour } from "./tour";

const all = (sites: string): Candidates => ({ join: [...sites], stay: new Set(sites) });
const begun = (sites = "abcdef", size: 1 | 4 = 4) => beginTour({ is: "onair" }, all(sites), size, 10_000, 0);
const tick = (tour: Tour, now: number, sites = "abcdef") => tourStep(tour, { is: "tick", now, candidates: all(sites) });
const group = (tour: Tour) => groupOf(tour).join("");

describe("groups", () => {
  test("are as large as the layout; the last one is what is left", () => {
    expect(groupCount(begun())).toBe(2);
    expect(group(begun())).toBe("abcd");
    expect(groupCount(begun("abcd"))).toBe(1);
    expect(groupCount(begun("abcde", 1))).toBe(5);
    expect(groupCount({ sites: [], size: 4 })).toBe(1);
  });

  test("go round in both directions", () => {
    const second = tourStep(begun(), { is: "back", now: 0 });
    expect(group(second)).toBe("ef");
    expect(group(tourStep(second, { is: "back", now: 0 }))).toBe("abcd");
    expect(group(tourStep(second, { is: "forward", now: 0, candidates: all("abcdef") }))).toBe("abcd");
  });

  test("of whom nobody is left are passed over", () => {
    let tour = begun("abc", 1);
    tour = tourStep(tour, { is: "takeOut", site: "b" });
    expect(group(tourStep(tour, { is: "forward", now: 0, candidates: null }))).toBe("c");
    const last = tourStep(tour, { is: "back", now: 0 });
    expect(group(tourStep(last, { is: "back", now: 0 }))).toBe("a");
  });

  test("keep the first of those that stand when the size changes", () => {
    const third = tick(tick(begun("abcdefgh", 1), 10_000, "abcdefgh"), 20_000, "abcdefgh");
    expect(group(third)).toBe("c");
    const four = tourStep(third, { is: "resize", size: 4, now: 21_000 });
    expect(group(four)).toBe("abcd");
    expect(group(tourStep(four, { is: "resize", size: 1, now: 21_000 }))).toBe("a");
    expect(tourStep(four, { is: "resize", size: 4, now: 22_000 })).toBe(four);
  });
});

describe("the dwell", () => {
  test("has bounds", () => {
    expect([4, 5, 300, 301, 7.5, null].map(isDwell)).toEqual([false, true, true, false, false, false]);
    expect([dwellOf("60"), dwellOf("4"), dwellOf("x"), dwellOf(null)]).toEqual([60, 15, 15, 15]);
  });

  test("ends in a change, with the next group made ready before", () => {
    const tour = begun();
    expect(wakeAt(tour)).toBe(10_000 - WARM_MS);
    expect(tick(tour, 7_999)).toBe(tour);
    const warm = tick(tour, 8_000);
    expect(groupOf(warm, warm.next ?? undefined)).toEqual(["e", "f"]);
    expect([group(warm), warm.turn]).toEqual(["abcd", tour.turn]);
    expect(wakeAt(warm)).toBe(10_000);
    expect(tick(warm, 9_999)).toBe(warm);
    const turned = tick(warm, 10_003);
    expect([group(turned), turned.turn, turned.next]).toEqual(["ef", tour.turn + 1, null]);
    expect(leftOf(turned, 10_003)).toBe(10_000);
  });

  test("late by more than the warm time, the group changes all the same", () => {
    expect(group(tick(begun(), 60_000))).toBe("ef");
  });

  test("stands still in a pause, and leaves time to make ready after it", () => {
    const warm = tick(begun(), 8_500);
    const paused = tourStep(warm, { is: "pause", now: 9_000 });
    expect([paused.next, wakeAt(paused), leftOf(paused, 99_000)]).toEqual([null, null, 1_000]);
    expect(tourStep(paused, { is: "pause", now: 9_500 })).toBe(paused);
    expect(tick(paused, 99_000)).toBe(paused);
    const on = tourStep(paused, { is: "resume", now: 100_000 });
    expect(wakeAt(on)).toBe(100_000);
    expect(leftOf(on, 100_000)).toBe(WARM_MS);
    expect(tourStep(on, { is: "resume", now: 100_001 })).toBe(on);
  });

  test("a change by hand in a pause stays paused with a whole dwell ahead", () => {
    const paused = tourStep(begun(), { is: "pause", now: 4_000 });
    const next = tourStep(paused, { is: "forward", now: 5_000, candidates: all("abcdef") });
    expect([group(next), next.clock]).toEqual(["ef", { is: "paused", left_ms: 10_000 }]);
  });

  test("changed, it counts from when the group came", () => {
    const tour = begun();
    expect(leftOf(tourStep(tour, { is: "dwell", dwell_ms: 30_000, now: 4_000 }), 4_000)).toBe(26_000);
    expect(leftOf(tourStep(tour, { is: "dwell", dwell_ms: 5_000, now: 9_000 }), 9_000)).toBe(WARM_MS);
    const paused = tourStep(tour, { is: "pause", now: 4_000 });
    expect(tourStep(paused, { is: "dwell", dwell_ms: 20_000, now: 9_000 }).clock).toEqual({ is: "paused", left_ms: 16_000 });
  });
});

describe("rounds", () => {
  test("take up who came and drop who can be seen no more, only at their beginning", () => {
    const now = { join: ["a", "c", "x"], stay: new Set("acdefx") };
    const second = tourStep(begun(), { is: "forward", now: 0, candidates: now });
    expect(second.sites.join("")).toBe("abcdef");
    const again = tourStep(second, { is: "forward", now: 0, candidates: now });
    expect(again.sites.join("")).toBe("acdefx");
  });

  test("do not take up again who was taken out", () => {
    let tour = tourStep(begun("ab", 1), { is: "takeOut", site: "b" });
    expect(tourStep(tour, { is: "takeOut", site: "b" })).toBe(tour);
    expect(tourStep(tour, { is: "takeOut", site: "nobody" })).toBe(tour);
    tour = tick(tour, 10_000, "ab");
    tour = tick(tour, 20_000, "ab");
    expect(tour.sites).toEqual(["a"]);
  });

  test("of one group begin anew too", () => {
    const tour = tick(begun("ab"), 10_000, "abc");
    expect([group(tour), groupCount(tour)]).toEqual(["abc", 1]);
  });

  test("without news of the sites keep them", () => {
    expect(group(tourStep(begun("ab"), { is: "forward", now: 0, candidates: null }))).toBe("ab");
  });
});
