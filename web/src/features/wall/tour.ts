// A tour: groups of sites that follow one another on the wall. Pure: it is told the time and who may be shown, and says which
// group stands, which one is made ready behind it, and when it wants to be asked again.

import type { Layout } from "./layout";

export const DWELL_LEAST_S = 5;
export const DWELL_MOST_S = 300;
const DWELL_USUAL_S = 15;
/** How long before the change the next group is watched already, so that it comes on moving. */
export const WARM_MS = 2_000;

/** Which sites a tour goes over. */
export type TourSource = { is: "marked"; sites: readonly string[] } | { is: "unit"; unit: string } | { is: "onair" };

/** Who may be shown now, in the tree's order: `join` are those that a new round takes up, `stay` those that it need not drop. */
export interface Candidates {
  join: readonly string[];
  stay: ReadonlySet<string>;
}

/** A group of a round. */
interface Place {
  /** The round's sites, in order. */
  sites: readonly string[];
  group: number;
}

export interface Tour extends Place {
  source: TourSource;
  /** Taken out by hand or ended by somebody: not shown again by this tour. */
  out: readonly string[];
  /** Sites of a group. */
  size: Layout;
  dwell_ms: number;
  clock: { is: "running"; due: number } | { is: "paused"; left_ms: number };
  /** The group that is made ready. */
  next: Place | null;
  /** Counts the changes of what stands on the wall. */
  turn: number;
}

export type TourEvent =
  | { is: "tick" | "forward"; now: number; candidates: Candidates | null }
  | { is: "back" | "pause" | "resume"; now: number }
  | { is: "dwell"; now: number; dwell_ms: number }
  | { is: "resize"; now: number; size: Layout }
  | { is: "takeOut"; site: string };

export const isDwell = (seconds: number | null): seconds is number =>
  seconds !== null && Number.isInteger(seconds) && seconds >= DWELL_LEAST_S && seconds <= DWELL_MOST_S;

export function dwellOf(text: string | null): number {
  const seconds = text === null ? null : Number(text);
  return isDwell(seconds) ? seconds : DWELL_USUAL_S;
}

export const groupCount = ({ sites, size }: { sites: readonly string[]; size: number }): number => Math.max(1, Math.ceil(sites.length / size));

/** The sites of the group that stands, or of the one that is made ready. */
export function groupOf(tour: Tour, { sites, group }: Place = tour): string[] {
  return sites.slice(group * tour.size, (group + 1) * tour.size).filter((site) => !tour.out.includes(site));
}

export function beginTour(source: TourSource, candidates: Candidates, size: Layout, dwell_ms: number, now: number): Tour {
  return { source, sites: candidates.join, group: 0, out: [], size, dwell_ms, clock: { is: "running", due: now + dwell_ms }, next: null, turn: 1 };
}

/** When the tour wants its next tick; null: not before somebody does something. */
export function wakeAt({ clock, next }: Tour): number | null {
  if (clock.is === "paused") return null;
  return next ? clock.due : clock.due - WARM_MS;
}

/** How much of the dwell is left, in milliseconds. */
export const leftOf = ({ clock }: Tour, now: number): number => Math.max(0, clock.is === "paused" ? clock.left_ms : clock.due - now);

export function tourStep(tour: Tour, event: TourEvent): Tour {
  switch (event.is) {
    case "tick": {
      const { clock } = tour;
      if (clock.is === "paused") return tour;
      if (event.now >= clock.due) return go(tour, tour.next ?? following(tour, event.candidates), event.now);
      if (tour.next || event.now < clock.due - WARM_MS) return tour;
      return { ...tour, next: following(tour, event.candidates) };
    }
    case "forward":
      return go(tour, tour.next ?? following(tour, event.candidates), event.now);
    case "back":
      return go(tour, preceding(tour), event.now);
    case "pause":
      // Nobody waits for the next group any more, so nobody looks at it.
      return tour.clock.is === "paused" ? tour : { ...tour, clock: { is: "paused", left_ms: leftOf(tour, event.now) }, next: null };
    case "resume":
      return tour.clock.is === "running" ? tour : { ...tour, clock: { is: "running", due: event.now + Math.max(WARM_MS, tour.clock.left_ms) } };
    case "dwell": {
      const left = Math.max(WARM_MS, leftOf(tour, event.now) + event.dwell_ms - tour.dwell_ms);
      return { ...tour, dwell_ms: event.dwell_ms, clock: withLeft(tour.clock, left, event.now), next: null };
    }
    case "resize": {
      if (event.size === tour.size) return tour;
      // The group that holds the first of the sites that stand now.
      const group = Math.floor((tour.group * tour.size) / event.size);
      const left = Math.max(WARM_MS, leftOf(tour, event.now));
      return { ...tour, size: event.size, group, clock: withLeft(tour.clock, left, event.now), next: null, turn: tour.turn + 1 };
    }
    case "takeOut":
      return tour.out.includes(event.site) || !tour.sites.includes(event.site) ? tour : { ...tour, out: [...tour.out, event.site] };
  }
}

function withLeft(clock: Tour["clock"], left_ms: number, now: number): Tour["clock"] {
  return clock.is === "paused" ? { is: "paused", left_ms } : { is: "running", due: now + left_ms };
}

function go(tour: Tour, { sites, group }: Place, now: number): Tour {
  return { ...tour, sites, group, clock: withLeft(tour.clock, tour.dwell_ms, now), next: null, turn: tour.turn + 1 };
}

/** The next group in which somebody is left; after the last one a new round begins, with those who came meanwhile. */
function following(tour: Tour, candidates: Candidates | null): Place {
  for (let group = tour.group + 1; group < groupCount(tour); group += 1) {
    if (groupOf(tour, { sites: tour.sites, group }).length > 0) return { sites: tour.sites, group };
  }
  return { sites: newRound(tour, candidates), group: 0 };
}

function preceding(tour: Tour): Place {
  const count = groupCount(tour);
  for (let back = 1; back < count; back += 1) {
    const group = (tour.group - back + count) % count;
    if (groupOf(tour, { sites: tour.sites, group }).length > 0) return { sites: tour.sites, group };
  }
  return { sites: tour.sites, group: tour.group };
}

function newRound({ sites, out }: Tour, candidates: Candidates | null): readonly string[] {
  if (!candidates) return sites;
  const stay = sites.filter((site) => candidates.stay.has(site) && !out.includes(site));
  return [...stay, ...candidates.join.filter((site) => !sites.includes(site) && !out.includes(site))];
}
