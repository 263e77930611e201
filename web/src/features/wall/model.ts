// The wall as it stands: which site in which slot, under which purpose, with which session. Knows no React and no media;
// it asks the server for sessions, and asks again by itself when the server or the link was away.

import type { OpenedSite, OutboxEvent, SessionEnd, SessionView, Watch } from "@/api/types";
import { Problem, problemOf } from "@/lib/problem";
import { Store } from "@/lib/store";
import { layoutFor, layoutOf, MOST_SLOTS, nextLayout, noSlots, place, squeeze, swap, takenCount, without, type Layout, type Slots } from "./layout";
import { isFull, type Phase } from "./tile";
import { Touring, type TourSetup, type TourStart } from "./touring";

export interface Pick {
  site: string;
  slot?: number;
}

export interface WallState {
  layout: Layout;
  slots: Slots;
  /** The sites that are watched: those in the slots, and those that a tour makes ready behind them. */
  phases: ReadonlyMap<string, Phase>;
  spotlight: string | null;
  selected: string | null;
  /** The purpose under which the wall watches. `id` is null while it has to be opened anew. */
  watch: { id: string | null; purpose: string; started_ms: number } | null;
  /** Sites that wait for a purpose. */
  asking: readonly Pick[] | null;
  /** What the last call that belongs to no tile failed with. */
  problem: Problem | null;
}

export interface WallSetup extends TourSetup {
  openWatch(purpose: string): Promise<Watch>;
  currentWatch(): Promise<Watch | null>;
  endWatch(watch: string): Promise<Watch>;
  openSites(watch: string, sites: string[], endpoint: string): Promise<OpenedSite[]>;
  endSession(session: string): Promise<SessionView>;
  /** Sessions of this account's person that run. Empty when the account may not list them. */
  runningSessions(): Promise<readonly SessionView[]>;
  /** The endpoint that this console is; at once when it is known. */
  identity(): string | Promise<string>;
  openPicture(site: string): void;
  closePicture(site: string): void;
  /** Kept for all tabs: the layout's number. */
  keptLayout: { get(): string | null; set(value: string | null): void };
  /** Kept for this tab: what a reload takes up again. */
  keptWall: { get(): string | null; set(value: string | null): void };
  /** Whose wall it is: another account in this tab takes nothing up. */
  account: string;
  /** Waits before a call is tried again. */
  pause(ms: number): Promise<void>;
}

/** Ends after which the wall watches on by itself: nobody wanted them. */
const UNWANTED: readonly (SessionEnd | null)[] = ["interrupted", "observer_lost"];
const RETRY_MS = 1_500;
/** How soon a site that the media plane had no room for is asked for again. */
const FULL_RETRY_MS = 5_000;
const END_ATTEMPTS = 5;
/** How far this page may be wrong about the server's time. */
const CLOCK_MS = 1_000;
/** How long a group that made way for a ready one is still open: the work of taking it off would delay the first frames of the new one. */
const LEAVE_MS = 500;

interface Kept {
  account: string;
  watch: string;
  slots: Slots;
}

export class WallModel {
  readonly state: Store<WallState>;
  readonly tour: Touring;
  #setup: WallSetup;
  /** Endings under way, by site: a site is opened again only after its former session has ended. */
  #ending = new Map<string, Promise<void>>();
  #again: Promise<void> | null = null;
  #againWanted = false;
  /** Sites wait for room in the media plane, and are asked for again in a while. */
  #waitsForRoom = false;
  #closed = false;
  /** A tour that waits for a purpose. */
  #tourAsked: TourStart | null = null;
  /** A watch that was opened for a question that was dropped meanwhile. The next answer takes it up, or ends it. */
  #unasked: string | null = null;

  constructor(setup: WallSetup) {
    this.#setup = setup;
    this.tour = new Touring(setup, this);
    this.state = new Store<WallState>({
      layout: layoutOf(setup.keptLayout.get()),
      slots: noSlots(),
      phases: new Map(),
      spotlight: null,
      selected: null,
      watch: null,
      asking: null,
      problem: null,
    });
  }

  get #now(): WallState {
    return this.state.getSnapshot();
  }

  /** The wall is entered; the returned function leaves it. */
  start(): () => void {
    this.#closed = false;
    this.tour.wake();
    void this.restore();
    return () => this.close();
  }

  /** After a reload: goes on with the sites of this tab, if their watch still runs. */
  async restore(): Promise<void> {
    const kept = this.#readKept();
    if (!kept) return;
    let watch: Watch | null;
    try {
      watch = await this.#setup.currentWatch();
    } catch {
      return;
    }
    if (this.#closed || this.#now.watch) return;
    if (watch?.id !== kept.watch) return this.#setup.keptWall.set(null);
    const slots = kept.slots;
    const phases = new Map<string, Phase>();
    for (const site of slots) if (site !== null) phases.set(site, { is: "opening", since: this.#setup.now() });
    for (const site of phases.keys()) this.#setup.openPicture(site);
    const layout = layoutFor(slots.findLastIndex((site) => site !== null), this.#now.layout);
    this.#set({ slots, phases, layout, watch: { id: watch.id, purpose: watch.purpose, started_ms: watch.started_ms } });
    this.tour.restore(watch.id);
    this.reopen();
    await this.#endForgotten(watch.id);
  }

  /** Ends what the page before the reload watched and this one does not: a group made ready, or one on its way out. */
  async #endForgotten(watch: string): Promise<void> {
    try {
      const endpoint = await this.#setup.identity();
      for (const session of await this.#setup.runningSessions()) {
        const site = session.site?.id;
        if (site === undefined || session.watch_id !== watch || session.observer_endpoint_id !== endpoint) continue;
        if (!this.#closed && !this.#now.phases.has(site) && !this.#ending.has(site)) void this.#end(site, session.id);
      }
    } catch {
      // Not reached: the watch's end closes them at the latest.
    }
  }

  /** The wall is left; sessions that nobody takes up again end on the server. */
  close(): void {
    this.#closed = true;
    this.tour.sleep();
    for (const site of this.#now.phases.keys()) this.#setup.closePicture(site);
  }

  pick(site: string, slot?: number): void {
    this.tour.byHand();
    const { slots, layout, phases, watch } = this.#now;
    if (slots.includes(site)) {
      if (slot !== undefined) this.#set({ slots: swap(slots, slots.indexOf(site), slot), layout: layoutFor(slot, layout) });
      this.#set({ selected: site });
      const phase = phases.get(site);
      if (phase?.is === "ended" || phase?.is === "refused") this.retry(site);
      return;
    }
    const pick: Pick = slot === undefined ? { site } : { site, slot };
    if (!watch) return this.#set({ asking: [pick], problem: null });
    this.#add([pick]);
  }

  /** The purpose, as said. Rejects with the problem when the server refuses it; the question stays open. */
  async answer(purpose: string): Promise<void> {
    const { asking } = this.#now;
    const sent = this.#setup.now();
    const watch = await this.#setup.openWatch(purpose);
    if (this.#now.asking !== asking) {
      // One that ran before, in another window, is not this page's to end.
      if (!this.#now.watch && watch.started_ms >= sent - CLOCK_MS) this.#unasked = watch.id;
      return this.#endUnasked();
    }
    this.#unasked = null;
    this.#set({ watch: { id: watch.id, purpose: watch.purpose, started_ms: watch.started_ms }, asking: null });
    if (this.#tourAsked) this.#beginTour(watch.id, this.#tourAsked);
    this.#tourAsked = null;
    this.#add(asking ?? []);
  }

  /** A tour is a watch like any other: it asks for its purpose first. */
  startTour(start: TourStart): void {
    const { watch } = this.#now;
    if (watch) return this.#beginTour(watch.id ?? "", start);
    this.#tourAsked = start;
    this.#set({ asking: [], problem: null });
  }

  #beginTour(watch: string, start: TourStart): void {
    if (!this.tour.begin(watch, start)) this.#set({ problem: nothingToTour() });
  }

  /** Shows exactly these sites, all in one change. What stood there before is let go after it. */
  present(sites: readonly string[], layout: Layout): void {
    const { phases, slots: before } = this.#now;
    const since = this.#setup.now();
    const fresh = new Map<string, Phase>();
    const cold: string[] = [];
    for (const site of sites) {
      const phase = phases.get(site);
      if (!phase) this.#setup.openPicture(site);
      if (phase?.is === "open" || phase?.is === "opening") fresh.set(site, phase);
      else {
        fresh.set(site, { is: "opening", since });
        cold.push(site);
      }
    }
    const slots = noSlots().map((_, index) => sites[index] ?? null);
    if (layout !== this.#now.layout) this.#setup.keptLayout.set(String(layout));
    this.#set({ slots, layout, phases: fresh, spotlight: null, selected: null, problem: null });
    if (cold.length > 0) void this.#open(cold);
    const comesOnReady = cold.length === 0 && sites.some((site) => !before.includes(site));
    for (const [site, phase] of phases) if (!fresh.has(site)) this.#letGo(site, phase, comesOnReady ? LEAVE_MS : 0);
  }

  /** Watches these sites behind the tiles: their sessions are open and their pictures run, but nothing is shown yet. */
  warm(sites: readonly string[]): void {
    const { phases, slots } = this.#now;
    const since = this.#setup.now();
    const fresh = new Map([...phases].filter(([site]) => slots.includes(site) || sites.includes(site)));
    const cold = sites.filter((site) => !fresh.has(site));
    for (const site of cold) {
      this.#setup.openPicture(site);
      fresh.set(site, { is: "opening", since });
    }
    this.#set({ phases: fresh });
    if (cold.length > 0) void this.#open(cold);
    for (const [site, phase] of phases) if (!fresh.has(site)) this.#letGo(site, phase);
  }

  #letGo(site: string, phase: Phase, after_ms = 0): void {
    this.#setup.closePicture(site);
    if (phase.is === "open") void this.#end(site, phase.session, after_ms);
  }

  dontAnswer(): void {
    this.#tourAsked = null;
    this.#set({ asking: null });
    void this.#endUnasked();
  }

  async #endUnasked(): Promise<void> {
    const watch = this.#unasked;
    if (watch === null || this.#now.asking) return;
    this.#unasked = null;
    await this.#insist(() => this.#setup.endWatch(watch));
  }

  #add(picks: readonly Pick[]): void {
    const added: string[] = [];
    for (const { site, slot } of picks) {
      const { slots, layout, phases, spotlight } = this.#now;
      const placed = place(slots, layout, site, slot);
      if (!placed) {
        this.#set({ problem: wallFull() });
        break;
      }
      if (placed.pushed) this.remove(placed.pushed);
      const fresh = new Map(phases).set(site, { is: "opening", since: this.#setup.now() });
      if (placed.pushed) fresh.delete(placed.pushed);
      this.#setup.openPicture(site);
      if (placed.layout !== layout) this.#setup.keptLayout.set(String(placed.layout));
      this.#set({ ...placedPart(placed), phases: fresh, selected: site, spotlight: spotlight === null ? null : site, problem: null });
      added.push(site);
    }
    if (added.length > 0) void this.#open(added);
  }

  /** Opens a session for each of the sites; what is open already is taken as it is. */
  async #open(sites: string[]): Promise<void> {
    // Nothing is awaited that is there already: the question leaves before the page draws what the click changed.
    const ending = sites.flatMap((site) => this.#ending.get(site) ?? []);
    if (ending.length > 0) await Promise.all(ending);
    const before = new Map(sites.map((site) => [site, this.#now.phases.get(site)]));
    try {
      const identity = this.#setup.identity();
      const endpoint = typeof identity === "string" ? identity : await identity;
      const watch = this.#now.watch;
      if (!watch) return;
      const id = watch.id ?? (await this.#openWatchAgain(watch.purpose));
      for (const opened of await this.#setup.openSites(id, sites, endpoint)) this.#take(opened, before.get(opened.site_id));
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 401) return;
      // Passing troubles are tried again; what was refused is said on each tile.
      if (problem.code === "watch_not_open") {
        this.#forgetWatchId();
        return this.reopen();
      }
      if ((problem.status === 0 || problem.status >= 500) && !isFull(problem)) {
        await this.#setup.pause(RETRY_MS);
        return this.reopen();
      }
      for (const site of sites) this.#refuse(site, problem);
    }
  }

  async #openWatchAgain(purpose: string): Promise<string> {
    const watch = await this.#setup.openWatch(purpose);
    if (this.#now.watch) this.#set({ watch: { id: watch.id, purpose: watch.purpose, started_ms: watch.started_ms } });
    this.tour.watchIs(watch.id);
    return watch.id;
  }

  #take({ site_id: site, session, error }: OpenedSite, before: Phase | undefined): void {
    const phase = this.#now.phases.get(site);
    if (!phase || this.#closed) {
      // Taken off the wall meanwhile: nobody looks, so nothing may run.
      if (session && !this.#closed) void this.#end(site, session.id);
      return;
    }
    if (session) {
      // The event of its end may have been faster than this answer.
      const over = phase.is === "ended" && phase.session === session.id;
      if (!over && !(phase.is === "open" && phase.session === session.id)) this.#phase(site, { is: "open", since: this.#setup.now(), session: session.id });
    } else if (error && phase === before) this.#refuse(site, new Problem(error));
  }

  #refuse(site: string, problem: Problem): void {
    const phase = this.#now.phases.get(site);
    if (!phase || this.#closed) return;
    this.#phase(site, { is: "refused", since: phase.is === "refused" ? phase.since : this.#setup.now(), problem });
    if (isFull(problem)) void this.#tryForRoom();
  }

  /** What the media plane had no room for is asked for again until it has, all at once; the tiles say so meanwhile. */
  async #tryForRoom(): Promise<void> {
    if (this.#waitsForRoom) return;
    this.#waitsForRoom = true;
    await this.#setup.pause(FULL_RETRY_MS);
    this.#waitsForRoom = false;
    if (this.#closed || !this.#now.watch) return;
    const sites = [...this.#now.phases].filter(([, phase]) => phase.is === "refused" && isFull(phase.problem)).map(([site]) => site);
    if (sites.length > 0) await this.#open(sites);
  }

  /** Asks again for what should be open: after the server, the stream or the link was away. */
  reopen(): void {
    this.#againWanted = true;
    this.#again ??= this.#reopenAll().finally(() => (this.#again = null));
  }

  async #reopenAll(): Promise<void> {
    while (this.#againWanted && !this.#closed) {
      this.#againWanted = false;
      const { watch, phases } = this.#now;
      const sites = [...phases].filter(([, phase]) => wantsOpen(phase)).map(([site]) => site);
      if (!watch || sites.length === 0) return;
      for (const site of sites) {
        if (phases.get(site)?.is === "ended") this.#phase(site, { is: "opening", since: this.#setup.now() });
      }
      try {
        // The same purpose gives the same watch while it runs, and a new one when a restart has ended it.
        await this.#openWatchAgain(watch.purpose);
      } catch (error) {
        const problem = problemOf(error);
        if (problem.status !== 0 && problem.status < 500) return this.#set({ problem });
        await this.#setup.pause(RETRY_MS);
        this.#againWanted = true;
        continue;
      }
      await this.#openQuietly(sites.filter((site) => this.#now.phases.has(site)));
    }
  }

  async #openQuietly(sites: string[]): Promise<void> {
    const { watch } = this.#now;
    if (!watch?.id || sites.length === 0) return;
    await Promise.all(sites.map((site) => this.#ending.get(site)));
    const before = new Map(sites.map((site) => [site, this.#now.phases.get(site)]));
    try {
      const endpoint = await this.#setup.identity();
      for (const opened of await this.#setup.openSites(watch.id, sites, endpoint)) this.#take(opened, before.get(opened.site_id));
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 401) return;
      if (isFull(problem)) return sites.forEach((site) => this.#refuse(site, problem));
      if (problem.status !== 0 && problem.status < 500 && problem.code !== "watch_not_open") return this.#set({ problem });
      await this.#setup.pause(RETRY_MS);
      this.#againWanted = true;
    }
  }

  /** Opens an ended or refused site anew. */
  retry(site: string): void {
    const { phases, watch, slots } = this.#now;
    if (!phases.has(site)) return;
    if (!watch) {
      const slot = slots.indexOf(site);
      this.remove(site);
      return this.#set({ asking: [{ site, slot }] });
    }
    this.#phase(site, { is: "opening", since: this.#setup.now() });
    void this.#open([site]);
  }

  remove(site: string): void {
    const { slots, phases, spotlight, selected } = this.#now;
    const phase = phases.get(site);
    if (!phase) return;
    this.tour.takeOut(site);
    const fresh = new Map(phases);
    fresh.delete(site);
    this.#set({ slots: without(slots, site), phases: fresh, spotlight: spotlight === site ? null : spotlight, selected: selected === site ? null : selected });
    this.#letGo(site, phase);
  }

  #end(site: string, session: string, after_ms = 0): Promise<void> {
    const wait = after_ms > 0 ? new Promise<void>((done) => void this.#setup.after(after_ms, done)) : Promise.resolve();
    const ended = wait.then(() => this.#insist(() => this.#setup.endSession(session))).finally(() => {
      if (this.#ending.get(site) === ended) this.#ending.delete(site);
    });
    this.#ending.set(site, ended);
    return ended;
  }

  /** Ends what nobody wants any more, also past a server that was away for a moment. */
  async #insist(end: () => Promise<unknown>): Promise<void> {
    for (let attempt = 0; attempt < END_ATTEMPTS; attempt += 1) {
      try {
        await end();
        return;
      } catch (error) {
        const { status } = problemOf(error);
        if (status !== 0 && status < 500) return;
        await this.#setup.pause(RETRY_MS);
      }
    }
  }

  /** Ends the watch with all its sessions, and clears the wall. */
  async endWatch(): Promise<void> {
    const { watch } = this.#now;
    if (!watch) return;
    if (watch.id !== null) {
      try {
        await this.#setup.endWatch(watch.id);
      } catch (error) {
        const problem = problemOf(error);
        if (problem.code !== "watch_not_open") return this.#set({ problem });
      }
    }
    this.tour.stop();
    for (const site of this.#now.phases.keys()) this.#setup.closePicture(site);
    this.#set({ watch: null, slots: noSlots(), phases: new Map(), spotlight: null, selected: null, problem: null });
  }

  /** What the event stream says. */
  hear(event: OutboxEvent): void {
    const payload = event.payload as { watch_id?: string; cause?: string; end_cause?: SessionEnd | null };
    if (event.kind === "session.ended" && event.session_id) {
      const found = [...this.#now.phases].find(([, phase]) => phase.is === "open" && phase.session === event.session_id);
      if (!found) return;
      const cause = payload.end_cause ?? null;
      this.#phase(found[0], { is: "ended", since: event.at_ms, session: event.session_id, cause });
      if (UNWANTED.includes(cause)) this.reopen();
      // Who ended it does not want it watched: the tour does not open it again by itself.
      else this.tour.takeOut(found[0]);
    }
    const { watch } = this.#now;
    if (event.kind === "watch.ended" && watch?.id != null && payload.watch_id === watch.id) {
      if (payload.cause === "interrupted") {
        this.#forgetWatchId();
        return this.reopen();
      }
      // Ended elsewhere: the tiles stay and say so, nothing is opened again by itself.
      const phases = new Map(this.#now.phases);
      for (const [site, phase] of phases) {
        if (phase.is === "open") phases.set(site, { is: "ended", since: event.at_ms, session: phase.session, cause: "watch_ended" });
        if (phase.is === "opening") phases.set(site, { is: "ended", since: event.at_ms, session: "", cause: "watch_ended" });
      }
      this.#set({ watch: null, phases });
      this.tour.stop();
    }
  }

  #forgetWatchId(): void {
    const { watch } = this.#now;
    if (watch) this.#set({ watch: { ...watch, id: null } });
  }

  setLayout(layout: Layout): void {
    const { slots } = this.#now;
    if (this.tour.state.getSnapshot()) return this.tour.resize(layout);
    if (takenCount(slots) > layout) return;
    this.#setup.keptLayout.set(String(layout));
    this.#set({ layout, slots: squeeze(slots, layout) });
  }

  turnLayout(): void {
    const { layout, slots } = this.#now;
    this.setLayout(nextLayout(layout, this.tour.state.getSnapshot() ? noSlots() : slots));
  }

  move(from: number, to: number): void {
    this.#set({ slots: swap(this.#now.slots, from, to) });
  }

  select(site: string | null): void {
    if (site !== null) this.tour.byHand();
    this.#set({ selected: site });
  }

  setSpotlight(site: string | null): void {
    if (site !== null) this.tour.byHand();
    this.#set({ spotlight: site, ...(site === null ? {} : { selected: site }) });
  }

  turnSpotlight(site: string): void {
    this.setSpotlight(this.#now.spotlight === site ? null : site);
  }

  forgetProblem(): void {
    this.#set({ problem: null });
  }

  #phase(site: string, phase: Phase): void {
    if (this.#now.phases.has(site)) this.#set({ phases: new Map(this.#now.phases).set(site, phase) });
  }

  #set(change: Partial<WallState>): void {
    this.state.set({ ...this.#now, ...change });
    const { watch, slots } = this.#now;
    const kept: Kept | null = watch?.id ? { account: this.#setup.account, watch: watch.id, slots } : null;
    if ("watch" in change || "slots" in change) this.#setup.keptWall.set(kept && JSON.stringify(kept));
  }

  #readKept(): Kept | null {
    try {
      const kept = JSON.parse(this.#setup.keptWall.get() ?? "null") as Kept | null;
      const fits = kept?.account === this.#setup.account && Array.isArray(kept.slots) && kept.slots.length === MOST_SLOTS && takenCount(kept.slots) > 0;
      return fits ? kept : null;
    } catch {
      return null;
    }
  }
}

function placedPart({ slots, layout }: { slots: Slots; layout: Layout }): { slots: Slots; layout: Layout } {
  return { slots, layout };
}

function wantsOpen(phase: Phase): boolean {
  if (phase.is === "refused") return isFull(phase.problem);
  return phase.is === "open" || phase.is === "opening" || (phase.is === "ended" && UNWANTED.includes(phase.cause));
}

function nothingToTour(): Problem {
  return new Problem({
    status: 409,
    code: "tour_without_sites",
    detail_zh: "没有可以轮巡的场所：所选范围内没有已登记终端的场所，或都不在播",
    detail_en: "nothing to tour: no site of the choice has an endpoint, or none is on air",
  });
}

function wallFull(): Problem {
  return new Problem({
    status: 429,
    code: "wall_full",
    limit: MOST_SLOTS,
    detail_zh: `一面墙最多 ${MOST_SLOTS} 格，请先移除一格`,
    detail_en: `a wall has at most ${MOST_SLOTS} tiles: remove one first`,
  });
}
