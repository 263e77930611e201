// Drives a tour: holds its one timer, and tells the wall what to show and what to make ready.

import { Store } from "@/lib/store";
import type { Layout } from "./layout";
import { beginTour, dwellOf, groupOf, tourStep, wakeAt, WARM_MS, type Candidates, type Tour, type TourEvent, type TourSource } from "./tour";

export interface TourStart {
  source: TourSource;
  size: Layout;
  dwell_s: number;
}

export interface TourSetup {
  now(): number;
  /** Calls `act` after `ms`, unless the returned function was called before. */
  after(ms: number, act: () => void): () => void;
  /** Kept for all tabs: the dwell in seconds. */
  keptDwell: { get(): string | null; set(value: string | null): void };
  /** Kept for this tab: the tour that a reload takes up again. */
  keptTour: { get(): string | null; set(value: string | null): void };
}

/** The wall, as far as a tour reaches. */
export interface ToursWall {
  /** Shows exactly these sites, all in one change. */
  present(sites: readonly string[], layout: Layout): void;
  /** Watches these behind the tiles, and nobody else there. */
  warm(sites: readonly string[]): void;
}

interface KeptTour {
  watch: string;
  tour: Tour;
}

export class Touring {
  /** Null: no tour is on. */
  readonly state = new Store<Tour | null>(null);
  #setup: TourSetup;
  #wall: ToursWall;
  #watch = "";
  #candidates: (source: TourSource) => Candidates | null = () => null;
  #cancel: (() => void) | null = null;

  constructor(setup: TourSetup, wall: ToursWall) {
    this.#setup = setup;
    this.#wall = wall;
  }

  /** Seconds that a new tour is offered. */
  get dwell(): number {
    return dwellOf(this.#setup.keptDwell.get());
  }

  /** How the sites stand now: a new round takes up who came. */
  know(candidates: (source: TourSource) => Candidates | null): void {
    this.#candidates = candidates;
  }

  /** False: there is nobody to show. */
  begin(watch: string, { source, size, dwell_s }: TourStart): boolean {
    const candidates = this.#candidates(source);
    if (!candidates || candidates.join.length === 0) return false;
    this.#setup.keptDwell.set(String(dwell_s));
    this.#watch = watch;
    const tour = beginTour(source, candidates, size, dwell_s * 1_000, this.#setup.now());
    this.#set(tour);
    this.#wall.present(groupOf(tour), size);
    return true;
  }

  /** After a reload, when the same watch goes on. */
  restore(watch: string): void {
    const kept = this.#readKept();
    if (this.state.getSnapshot() || kept?.watch !== watch) return;
    const { clock, dwell_ms } = kept.tour;
    const now = this.#setup.now();
    const due = clock.is === "running" ? Math.min(now + dwell_ms, Math.max(now + WARM_MS, clock.due)) : 0;
    this.#watch = watch;
    this.#set({ ...kept.tour, next: null, clock: clock.is === "running" ? { is: "running", due } : clock });
  }

  /** The watch goes on under another id: after a restart of the server. */
  watchIs(watch: string): void {
    if (!this.state.getSnapshot() || this.#watch === watch) return;
    this.#watch = watch;
    this.#keep();
  }

  /** The tour is over; the group that stands stays on the wall. */
  stop(): void {
    if (!this.state.getSnapshot()) return;
    this.#set(null);
    this.#wall.warm([]);
  }

  turnPause(): void {
    this.#step({ is: this.state.getSnapshot()?.clock.is === "paused" ? "resume" : "pause", now: this.#setup.now() });
  }

  /** Somebody turned to one tile: the tour waits. */
  byHand(): void {
    this.#step({ is: "pause", now: this.#setup.now() });
  }

  forward(): void {
    this.#timed("forward");
  }

  back(): void {
    this.#step({ is: "back", now: this.#setup.now() });
  }

  setDwell(seconds: number): void {
    this.#setup.keptDwell.set(String(seconds));
    this.#step({ is: "dwell", now: this.#setup.now(), dwell_ms: seconds * 1_000 });
  }

  resize(size: Layout): void {
    this.#step({ is: "resize", now: this.#setup.now(), size });
  }

  takeOut(site: string): void {
    this.#step({ is: "takeOut", site });
  }

  /** The wall is on screen (again): the clock goes on. */
  wake(): void {
    this.#arm();
  }

  /** The wall is left: nothing happens until `wake`. */
  sleep(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #timed(is: "tick" | "forward"): void {
    const tour = this.state.getSnapshot();
    if (tour) this.#step({ is, now: this.#setup.now(), candidates: this.#candidates(tour.source) });
  }

  #step(event: TourEvent): void {
    const before = this.state.getSnapshot();
    if (!before) return;
    const after = tourStep(before, event);
    if (after === before) {
      // A timer may be early by a moment.
      if (event.is === "tick") this.#arm();
      return;
    }
    this.#set(after);
    if (after.turn !== before.turn) this.#wall.present(groupOf(after), after.size);
    else if (after.next !== before.next) this.#wall.warm(after.next ? groupOf(after, after.next) : []);
  }

  #set(tour: Tour | null): void {
    this.state.set(tour);
    this.#keep();
    this.#arm();
  }

  #arm(): void {
    this.sleep();
    const tour = this.state.getSnapshot();
    const at = tour && wakeAt(tour);
    if (at !== null) this.#cancel = this.#setup.after(Math.max(0, at - this.#setup.now()), () => this.#timed("tick"));
  }

  #keep(): void {
    const tour = this.state.getSnapshot();
    const kept: KeptTour | null = tour && { watch: this.#watch, tour };
    this.#setup.keptTour.set(kept && JSON.stringify(kept));
  }

  #readKept(): KeptTour | null {
    try {
      return JSON.parse(this.#setup.keptTour.get() ?? "null") as KeptTour | null;
    } catch {
      return null;
    }
  }
}
