import { describe, expect, test } from "vitest";
import { LAYOUTS, layoutFor, layoutOf, neighbour, nextLayout, noSlots, place, siteRects, slotRect, squeeze, without, type Slots } from "./layout";

const slots = (...sites: (string | null)[]): Slots => noSlots().map((free, index) => sites[index] ?? free);

test("every layout fills the stage exactly, without overlap", () => {
  for (const layout of LAYOUTS) {
    const rects = Array.from({ length: layout }, (_, index) => slotRect(layout, index));
    const area = rects.reduce((sum, rect) => sum + rect.width * rect.height, 0);
    expect(area).toBeCloseTo(100 * 100, 6);
    rects.forEach((a, i) =>
      rects.slice(i + 1).forEach((b) => {
        const apart = a.left + a.width <= b.left + 1e-9 || b.left + b.width <= a.left + 1e-9 || a.top + a.height <= b.top + 1e-9 || b.top + b.height <= a.top + 1e-9;
        expect(apart).toBe(true);
      }),
    );
  }
});

describe("placing", () => {
  test("takes the first free slot, and grows a full wall", () => {
    expect(place(slots("a", null, "c"), 4, "x")?.slots.slice(0, 3)).toEqual(["a", "x", "c"]);
    const grown = place(slots("a", "b", "c", "d"), 4, "x");
    expect(grown?.layout).toBe(6);
    expect(grown?.slots[4]).toBe("x");
  });
  test("a site stands on the wall once", () => {
    expect(place(slots("a"), 4, "a")?.slots).toEqual(slots("a"));
    expect(place(slots("a", "b"), 4, "a", 1)?.slots).toEqual(slots("b", "a"));
  });
  test("a drop on a taken slot names who has to go", () => {
    expect(place(slots("a"), 4, "x", 0)).toEqual({ slots: slots("x"), layout: 4, pushed: "a" });
  });
  test("a wall with no slot left takes nobody", () => {
    const full = noSlots().map((_, index) => `s${index}`);
    expect(place(full, 25, "x")).toBeNull();
  });
});

test("the layout in turn never hides an open site", () => {
  expect(nextLayout(6, slots("a"))).toBe(9);
  expect(nextLayout(25, slots("a"))).toBe(1);
  expect(nextLayout(25, slots("a", "b", "c", "d", "e"))).toBe(6);
  expect(squeeze(slots("a", null, null, null, "e"), 4)).toEqual(slots("a", "e"));
  expect(layoutFor(9, 6)).toBe(16);
  expect(layoutOf("16")).toBe(16);
  expect(layoutOf("17")).toBe(6);
});

test("a spotlight is large, the others stay in sight", () => {
  const rects = siteRects(slots("a", "b", "c"), 6, "b");
  expect(rects.get("b")).toEqual({ left: 0, top: 0, width: 100, height: 83 });
  expect(rects.get("a")?.top).toBe(83);
  expect(siteRects(slots("b"), 6, "b").get("b")?.height).toBe(100);
  expect(siteRects(without(slots("a", "b"), "b"), 4, "b").get("a")?.width).toBe(50);
});

test("arrows go to the nearest tile in their direction", () => {
  const rects = siteRects(slots("a", "b", "c", "d"), 4, null);
  expect(neighbour(rects, null, "right")).toBe("a");
  expect(neighbour(rects, "a", "right")).toBe("b");
  expect(neighbour(rects, "a", "down")).toBe("c");
  expect(neighbour(rects, "d", "left")).toBe("c");
  expect(neighbour(rects, "a", "up")).toBe("a");
});
