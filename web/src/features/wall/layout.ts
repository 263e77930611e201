// Where the tiles stand. Pure: sizes of walls, what is in which slot, and the rectangles of the slots.

export const LAYOUTS = [1, 4, 6, 9, 16, 25] as const;
export type Layout = (typeof LAYOUTS)[number];
export const MOST_SLOTS = 25;

/** Site in each slot; null: free. Always `MOST_SLOTS` long. */
export type Slots = readonly (string | null)[];

/** In percent of the stage. */
export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

export const noSlots = (): Slots => Array.from({ length: MOST_SLOTS }, () => null);

export function layoutOf(text: string | null): Layout {
  return LAYOUTS.find((layout) => String(layout) === text) ?? 6;
}

/** The smallest layout that shows slot `index` too. */
export function layoutFor(index: number, at: Layout): Layout {
  return LAYOUTS.find((layout) => layout >= at && layout > index) ?? MOST_SLOTS;
}

export const lastTaken = (slots: Slots): number => slots.findLastIndex((site) => site !== null);
export const takenCount = (slots: Slots): number => slots.filter((site) => site !== null).length;

/** The next layout in turn that still shows every open site. */
export function nextLayout(at: Layout, slots: Slots): Layout {
  const possible = LAYOUTS.filter((layout) => layout >= takenCount(slots));
  return possible.find((layout) => layout > at) ?? possible[0] ?? at;
}

/** Moves what stands beyond the layout into its free slots. A layout with fewer slots than sites changes nothing. */
export function squeeze(slots: Slots, layout: Layout): Slots {
  if (takenCount(slots) > layout || lastTaken(slots) < layout) return slots;
  const fresh = [...slots];
  for (let from = layout; from < MOST_SLOTS; from += 1) {
    const site = fresh[from];
    if (site == null) continue;
    fresh[fresh.findIndex((other) => other === null)] = site;
    fresh[from] = null;
  }
  return fresh;
}

export interface Placed {
  slots: Slots;
  layout: Layout;
  /** The site that had to go. */
  pushed: string | null;
}

/** Puts a site into a slot, or into the first free one; the wall grows when it is full. Null: no slot is left. */
export function place(slots: Slots, layout: Layout, site: string, wanted?: number): Placed | null {
  if (slots.includes(site)) {
    return wanted === undefined ? { slots, layout, pushed: null } : { slots: swap(slots, slots.indexOf(site), wanted), layout, pushed: null };
  }
  const index = wanted ?? slots.indexOf(null);
  if (index < 0 || index >= MOST_SLOTS) return null;
  const pushed = slots[index] ?? null;
  const fresh = [...slots];
  fresh[index] = site;
  return { slots: fresh, layout: layoutFor(index, layout), pushed };
}

export function swap(slots: Slots, a: number, b: number): Slots {
  const fresh = [...slots];
  fresh[a] = slots[b] ?? null;
  fresh[b] = slots[a] ?? null;
  return fresh;
}

export function without(slots: Slots, site: string): Slots {
  return slots.map((other) => (other === site ? null : other));
}

const SIDE: Record<Layout, number> = { 1: 1, 4: 2, 6: 3, 9: 3, 16: 4, 25: 5 };

/** Six tiles: the first is large, five stand round it. Everything else is a square of equals. */
const SIX: [column: number, row: number, span: number][] = [[0, 0, 2], [2, 0, 1], [2, 1, 1], [0, 2, 1], [1, 2, 1], [2, 2, 1]];

export function slotRect(layout: Layout, index: number): Rect {
  const side = SIDE[layout];
  const [column, row, span] = (layout === 6 ? SIX[index] : undefined) ?? [index % side, Math.floor(index / side), 1];
  const step = 100 / side;
  return { left: column * step, top: row * step, width: span * step, height: span * step };
}

/** Share of the stage's height that the strip of the others takes below a spotlight. */
const STRIP = 17;

/** Where a picture runs that is not shown yet: inside the stage, or the browser takes it for hidden; small, so that its lowest layer comes. */
export const WARM_RECT: Rect = { left: 0, top: 0, width: 8, height: 8 };

/** Where the sites stand: in their slots, or one large with the others in a strip below. */
export function siteRects(slots: Slots, layout: Layout, spotlight: string | null): Map<string, Rect> {
  const rects = new Map<string, Rect>();
  const others = slots.filter((site): site is string => site !== null && site !== spotlight);
  if (spotlight === null || !slots.includes(spotlight)) {
    slots.forEach((site, index) => site !== null && rects.set(site, slotRect(layout, index)));
    return rects;
  }
  const strip = others.length > 0 ? STRIP : 0;
  rects.set(spotlight, { left: 0, top: 0, width: 100, height: 100 - strip });
  const width = 100 / Math.max(6, others.length);
  others.forEach((site, index) => rects.set(site, { left: index * width, top: 100 - strip, width, height: strip }));
  return rects;
}

export type Direction = "left" | "right" | "up" | "down";

/** The site that the arrow leads to from `from`; the first one if nothing is selected. */
export function neighbour(rects: Map<string, Rect>, from: string | null, direction: Direction): string | null {
  const start = from === null ? undefined : rects.get(from);
  if (!start) return rects.keys().next().value ?? null;
  const middle = (r: Rect) => ({ x: r.left + r.width / 2, y: r.top + r.height / 2 });
  const a = middle(start);
  let best: { site: string; far: number } | null = null;
  for (const [site, rect] of rects) {
    const b = middle(rect);
    const [along, across] = {
      left: [a.x - b.x, a.y - b.y],
      right: [b.x - a.x, a.y - b.y],
      up: [a.y - b.y, a.x - b.x],
      down: [b.y - a.y, a.x - b.x],
    }[direction] as [number, number];
    if (along <= 0.5) continue;
    const far = along + Math.abs(across) * 2;
    if (!best || far < best.far) best = { site, far };
  }
  return best?.site ?? from;
}
