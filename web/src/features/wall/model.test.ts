import { beforeEach, describe, expect, test, vi } from "vitest";
import type { OpenedSite, OutboxEvent, SessionEnd, SessionView, Watch } from "@/api/types";
import { Problem } from "@/lib/problem";
import { takenCount } from "./layout";
import { WallModel } from "./model";

/** A server of its own: watches and sessions as the real one keeps them. */
class Server {
  now = 1_000;
  serial = 0;
  reachable = true;
  watch: Watch | null = null;
  open = new Map<string, string>();
  calls: string[] = [];
  refuse = new Map<string, Problem>();
  /** Set: no site is opened, and the whole call says why. */
  refuseAll: Problem | null = null;
  /** Set: openSites waits for it before it answers. */
  gate: Promise<void> | null = null;
  /** Set: openWatch waits for it before it answers. */
  watchGate: Promise<void> | null = null;

  #reach() {
    if (!this.reachable) throw Problem.unreachable();
  }

  async openWatch(purpose: string): Promise<Watch> {
    this.#reach();
    let { watch } = this;
    if (watch?.purpose !== purpose) {
      this.calls.push(`watch ${purpose}`);
      this.open.clear();
      watch = this.watch = { id: `w${++this.serial}`, account_id: "me", person_id: "p", purpose, started_ms: this.now, ended_ms: null, end_cause: null, version: 1 };
    }
    await this.watchGate;
    return watch;
  }

  async openSites(watch: string, sites: string[], endpoint: string): Promise<OpenedSite[]> {
    this.#reach();
    if (endpoint !== "console") throw new Error(`no such endpoint: ${endpoint}`);
    await this.gate;
    if (watch !== this.watch?.id) throw new Problem({ status: 409, code: "watch_not_open", detail_zh: "", detail_en: "" });
    this.calls.push(`open ${sites.join(",")}`);
    if (this.refuseAll) throw this.refuseAll;
    return sites.map((site_id) => {
      const refused = this.refuse.get(site_id);
      if (refused) return { site_id, error: refused.body };
      const id = this.open.get(site_id) ?? `x${++this.serial}`;
      this.open.set(site_id, id);
      return { site_id, session: { id } as SessionView };
    });
  }

  async endSession(session: string): Promise<SessionView> {
    this.#reach();
    this.calls.push(`end ${session}`);
    for (const [site, id] of this.open) if (id === session) this.open.delete(site);
    return { id: session } as SessionView;
  }

  sessions(): SessionView[] {
    return [...this.open].map(([site, id]) => ({ id, site: { id: site, name: site }, watch_id: this.watch?.id ?? null, observer_endpoint_id: "console" }) as SessionView);
  }

  async endWatch(id: string): Promise<Watch> {
    this.#reach();
    this.calls.push(`end ${id}`);
    const ended = this.watch as Watch;
    this.watch = null;
    this.open.clear();
    return ended;
  }

  /** kill -9 and a start: everything that was open is closed. */
  restart() {
    this.watch = null;
    this.open.clear();
    this.reachable = true;
  }
}

function keep() {
  let value: string | null = null;
  return { get: () => value, set: (fresh: string | null) => void (value = fresh) };
}

const settle = async () => {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
};

let server: Server;
let pictures: Set<string>;
let keptWall: ReturnType<typeof keep>;
let keptLayout: ReturnType<typeof keep>;
let waiting: (() => void)[];
let keptTour: ReturnType<typeof keep>;
let identity: string | Promise<string>;
let timers: Set<{ at: number; act: () => void }>;

/** Lets the time go by, with all that was to happen in it. */
async function pass(ms: number): Promise<void> {
  const end = server.now + ms;
  for (;;) {
    const due = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
    if (!due) break;
    timers.delete(due);
    server.now = Math.max(server.now, due.at);
    due.act();
    await settle();
  }
  server.now = end;
}

function wall(account = "me"): WallModel {
  return new WallModel({
    openWatch: (purpose) => server.openWatch(purpose),
    currentWatch: async () => server.watch,
    endWatch: (id) => server.endWatch(id),
    openSites: (watch, sites, endpoint) => server.openSites(watch, sites, endpoint),
    endSession: (session) => server.endSession(session),
    identity: () => identity,
    openPicture: (site) => void pictures.add(site),
    closePicture: (site) => void pictures.delete(site),
    keptLayout,
    keptWall,
    account,
    runningSessions: async () => server.sessions(),
    keptDwell: keep(),
    keptTour,
    after(ms, act) {
      const timer = { at: server.now + ms, act };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    now: () => server.now,
    pause: () => new Promise((done) => waiting.push(done)),
  });
}

const phase = (model: WallModel, site: string) => model.state.getSnapshot().phases.get(site);
const event = (kind: OutboxEvent["kind"], session_id: string | null, payload: unknown): OutboxEvent => ({
  seq: 1, at_ms: 5_000, kind, unit_id: null, site_id: null, session_id, endpoint_id: null, payload,
});
const ended = (session: string, end_cause: SessionEnd) => event("session.ended", session, { end_cause });

beforeEach(() => {
  server = new Server();
  pictures = new Set();
  keptWall = keep();
  keptLayout = keep();
  waiting = [];
  keptTour = keep();
  timers = new Set();
  identity = Promise.resolve("console");
});

async function watching(...sites: string[]): Promise<WallModel> {
  const model = wall();
  const [first, ...rest] = sites;
  if (first !== undefined) model.pick(first);
  await model.answer("巡查");
  for (const site of rest) model.pick(site);
  await settle();
  return model;
}

describe("picking", () => {
  test("asks for the purpose once, and opens a session for each site", async () => {
    const model = wall();
    model.pick("a");
    expect(model.state.getSnapshot().asking).toEqual([{ site: "a" }]);
    expect(pictures.size).toBe(0);
    await model.answer("巡查");
    model.pick("b");
    expect(model.state.getSnapshot().asking).toBeNull();
    await settle();
    expect(phase(model, "a")).toMatchObject({ is: "open", session: server.open.get("a") });
    expect(phase(model, "b")).toMatchObject({ is: "open", session: server.open.get("b") });
    expect(server.calls).toEqual(["watch 巡查", "open a", "open b"]);
  });

  test("with a watch and a link there, the question leaves before the page draws anything", async () => {
    const model = await watching("a");
    identity = "console";
    const asked = vi.spyOn(server, "openSites");
    model.pick("b");
    expect(asked).toHaveBeenCalledExactlyOnceWith(server.watch?.id, ["b"], "console");
    await settle();
    expect(phase(model, "b")).toMatchObject({ is: "open" });
  });

  test("a refused purpose keeps the question and the site", async () => {
    const model = wall();
    model.pick("a");
    server.reachable = false;
    await expect(model.answer("巡查")).rejects.toThrow(Problem);
    expect(model.state.getSnapshot().asking).toEqual([{ site: "a" }]);
  });

  describe("while the watch is being opened, the question is dropped", () => {
    let opened: () => void;

    async function dropped(model: WallModel): Promise<void> {
      server.watchGate = new Promise((done) => (opened = done));
      model.pick("a");
      void model.answer("巡查");
      await settle();
      model.dontAnswer();
    }

    test("nothing is opened, and no watch stays on record", async () => {
      const model = wall();
      await dropped(model);
      opened();
      await settle();
      expect(server.calls).toEqual(["watch 巡查", "end w1"]);
      expect(server.watch).toBeNull();
      expect(model.state.getSnapshot()).toMatchObject({ watch: null, asking: null });
      expect(pictures.size).toBe(0);
    });

    test("a watch that ran before goes on", async () => {
      await server.openWatch("巡查");
      server.now += 60_000;
      await dropped(wall());
      opened();
      await settle();
      expect(server.calls).toEqual(["watch 巡查"]);
      expect(server.watch).not.toBeNull();
    });

    test("the next question may take it up, and ends it when it is dropped as well", async () => {
      for (const taken of [true, false]) {
        server = new Server();
        const model = wall();
        await dropped(model);
        model.pick("b");
        opened();
        await settle();
        expect(server.calls).toEqual(["watch 巡查"]);
        if (taken) await model.answer("巡查");
        else model.dontAnswer();
        await settle();
        expect(server.calls).toEqual(["watch 巡查", taken ? "open b" : "end w1"]);
      }
    });
  });

  test("a full media plane is said on the tiles, and they are asked for again until there is room", async () => {
    const full = new Problem({ status: 503, code: "media_full", limit: 85, value: 93, detail_zh: "媒体服务已满", detail_en: "full" });
    const model = await watching("a");
    server.refuse.set("b", full).set("c", full);
    model.pick("b");
    model.pick("c");
    await settle();
    expect(phase(model, "a")).toMatchObject({ is: "open" });
    expect(phase(model, "b")).toMatchObject({ is: "refused", since: 1_000, problem: full });
    expect(waiting).toHaveLength(1);
    server.now = 6_000;
    server.calls = [];
    waiting.shift()?.();
    await settle();
    expect(server.calls).toEqual(["open b,c"]);
    expect(phase(model, "c")).toMatchObject({ is: "refused", since: 1_000 });
    server.refuse.delete("b");
    model.retry("b");
    await settle();
    expect(phase(model, "b")).toMatchObject({ is: "open" });
    server.refuse.clear();
    waiting.shift()?.();
    await settle();
    expect(phase(model, "c")).toMatchObject({ is: "open" });
    expect(waiting).toHaveLength(0);
  });

  test("a whole call that a full media plane refuses is no passing fault of the line", async () => {
    const full = new Problem({ status: 503, code: "media_full", detail_zh: "媒体服务已满", detail_en: "full" });
    server.refuseAll = full;
    const model = await watching("a", "b");
    for (const site of ["a", "b"]) expect(phase(model, site)).toMatchObject({ is: "refused", problem: full });
    server.refuseAll = null;
    waiting.shift()?.();
    await settle();
    for (const site of ["a", "b"]) expect(phase(model, site)).toMatchObject({ is: "open" });
    model.close();
  });

  test("a refused site says so on its tile, and can be asked for again", async () => {
    server.refuse.set("a", new Problem({ status: 403, code: "forbidden", detail_zh: "没有权限", detail_en: "no" }));
    const model = await watching("a", "b");
    expect(phase(model, "a")).toMatchObject({ is: "refused" });
    expect(phase(model, "b")).toMatchObject({ is: "open" });
    server.refuse.clear();
    model.retry("a");
    await settle();
    expect(phase(model, "a")).toMatchObject({ is: "open" });
  });

  test("a site is on the wall once, and a second pick selects it", async () => {
    const model = await watching("a", "b");
    model.pick("a");
    await settle();
    expect(takenCount(model.state.getSnapshot().slots)).toBe(2);
    expect(model.state.getSnapshot().selected).toBe("a");
    expect(server.calls.filter((call) => call.startsWith("open"))).toHaveLength(2);
  });

  test("a drop on a taken tile ends the session that stood there", async () => {
    const model = await watching("a");
    const former = server.open.get("a");
    model.pick("b", 0);
    await settle();
    expect(server.calls).toContain(`end ${former}`);
    expect([...pictures]).toEqual(["b"]);
    expect(model.state.getSnapshot().slots[0]).toBe("b");
  });
});

describe("taking off", () => {
  test("ends the session and lets go of the picture", async () => {
    const model = await watching("a");
    const session = server.open.get("a");
    model.remove("a");
    await settle();
    expect(server.calls.at(-1)).toBe(`end ${session}`);
    expect(pictures.size).toBe(0);
    expect(phase(model, "a")).toBeUndefined();
  });

  test("while the answer is on its way, the session is ended when it comes", async () => {
    const model = await watching();
    let answered: () => void = () => undefined;
    server.gate = new Promise((done) => (answered = done));
    model.pick("a");
    await settle();
    model.remove("a");
    answered();
    await settle();
    expect(server.open.size).toBe(0);
    expect(phase(model, "a")).toBeUndefined();
  });

  test("a site picked again at once gets a new session, not the one that is ending", async () => {
    const model = await watching("a");
    const first = server.open.get("a");
    model.remove("a");
    model.pick("a");
    await settle();
    expect(phase(model, "a")).toMatchObject({ is: "open", session: server.open.get("a") });
    expect(server.open.get("a")).not.toBe(first);
  });

  test("ending the watch clears the wall", async () => {
    const model = await watching("a", "b");
    await model.endWatch();
    expect(model.state.getSnapshot()).toMatchObject({ watch: null, selected: null });
    expect(pictures.size).toBe(0);
    expect(server.watch).toBeNull();
  });
});

describe("what happens elsewhere", () => {
  test("a session that someone ended stays ended", async () => {
    const model = await watching("a");
    const session = server.open.get("a") as string;
    server.open.delete("a");
    model.hear(ended(session, "ended"));
    model.reopen();
    await settle();
    expect(phase(model, "a")).toMatchObject({ is: "ended", cause: "ended" });
    expect(server.open.size).toBe(0);
  });

  test("a session that waited too long for the link is opened again", async () => {
    const model = await watching("a");
    const session = server.open.get("a") as string;
    server.open.delete("a");
    model.hear(ended(session, "observer_lost"));
    await settle();
    expect(phase(model, "a")).toMatchObject({ is: "open", session: server.open.get("a") });
  });

  test("a watch that was ended elsewhere ends all tiles, and nothing comes back by itself", async () => {
    const model = await watching("a");
    const watch = server.watch?.id;
    server.restart();
    model.hear(event("watch.ended", null, { watch_id: watch, cause: "ended" }));
    model.reopen();
    await settle();
    expect(phase(model, "a")).toMatchObject({ is: "ended", cause: "watch_ended" });
    expect(model.state.getSnapshot().watch).toBeNull();
    expect(server.open.size).toBe(0);
  });
});

describe("the server was away", () => {
  test("after a restart the same sites run under the same purpose again", async () => {
    const model = await watching("a", "b");
    const [watch, session] = [server.watch?.id, server.open.get("a") as string];
    server.restart();
    model.hear(ended(session, "interrupted"));
    model.hear(event("watch.ended", null, { watch_id: watch, cause: "interrupted" }));
    await settle();
    expect(server.watch).toMatchObject({ purpose: "巡查" });
    expect(server.watch?.id).not.toBe(watch);
    expect([...server.open.keys()].sort()).toEqual(["a", "b"]);
    expect(phase(model, "a")).toMatchObject({ is: "open", session: server.open.get("a") });
    expect(model.state.getSnapshot().watch?.id).toBe(server.watch?.id);
  });

  test("without a word from the stream, a link that comes back is enough", async () => {
    const model = await watching("a");
    server.restart();
    model.reopen();
    await settle();
    expect(phase(model, "a")).toMatchObject({ is: "open", session: server.open.get("a") });
  });

  test("an unreachable server is asked again until it answers", async () => {
    const model = await watching("a");
    server.restart();
    server.reachable = false;
    model.reopen();
    await settle();
    expect(waiting).toHaveLength(1);
    server.reachable = true;
    waiting.shift()?.();
    await settle();
    expect(phase(model, "a")).toMatchObject({ is: "open", session: server.open.get("a") });
  });
});

describe("a tour", () => {
  const sites = ["a", "b", "c", "d", "e", "f"];
  const shown = (model: WallModel) => model.state.getSnapshot().slots.filter((site) => site !== null);
  const watched = () => [...server.open.keys()].sort().join("");

  async function touring(over: readonly string[] = sites): Promise<WallModel> {
    const model = wall();
    model.tour.know(() => ({ join: over, stay: new Set(over) }));
    model.startTour({ source: { is: "onair" }, size: 4, dwell_s: 5 });
    expect(model.state.getSnapshot().asking).toEqual([]);
    await model.answer("轮巡");
    await settle();
    return model;
  }

  test("asks for a purpose, shows the first group, and makes the next one ready before it changes", async () => {
    const model = await touring();
    expect(shown(model)).toEqual(["a", "b", "c", "d"]);
    expect(watched()).toBe("abcd");
    await pass(2_999);
    expect(watched()).toBe("abcd");
    await pass(1);
    // Watched and on record from here on, not shown yet.
    expect(watched()).toBe("abcdef");
    expect(shown(model)).toEqual(["a", "b", "c", "d"]);
    expect([...pictures].sort().join("")).toBe("abcdef");
    const ready = server.open.get("e");
    await pass(2_000);
    expect(shown(model)).toEqual(["e", "f"]);
    expect(phase(model, "e")).toMatchObject({ is: "open", session: ready });
    expect([...pictures].sort().join("")).toBe("ef");
    await pass(500);
    expect(watched()).toBe("ef");
    await pass(4_500);
    expect(shown(model)).toEqual(["a", "b", "c", "d"]);
    expect(server.watch?.purpose).toBe("轮巡");
  });

  test("the group changes in one change of the wall", async () => {
    const model = await touring();
    await pass(3_000);
    const seen: string[] = [];
    const undo = model.state.subscribe(() => seen.push(shown(model).join("")));
    await pass(2_000);
    undo();
    expect(seen.filter((group) => group !== "ef")).toEqual([]);
  });

  test("a key changes the group before the next one is ready", async () => {
    const model = await touring();
    model.tour.forward();
    expect(shown(model)).toEqual(["e", "f"]);
    await settle();
    expect(watched()).toBe("ef");
    model.tour.back();
    await settle();
    expect(watched()).toBe("abcd");
  });

  test("a tile turned to by hand makes the tour wait, and lets go of the group made ready", async () => {
    const model = await touring();
    await pass(3_500);
    expect(watched()).toBe("abcdef");
    model.turnSpotlight("b");
    await settle();
    expect(watched()).toBe("abcd");
    await pass(60_000);
    expect(shown(model)).toEqual(["a", "b", "c", "d"]);
    model.tour.turnPause();
    await pass(2_000);
    expect(shown(model)).toEqual(["e", "f"]);
    expect(model.state.getSnapshot().spotlight).toBeNull();
  });

  test("a site taken off, or ended by somebody, does not come back by itself", async () => {
    const model = await touring();
    model.remove("b");
    await settle();
    const session = server.open.get("c") as string;
    server.open.delete("c");
    model.hear(ended(session, "ended"));
    expect(phase(model, "c")).toMatchObject({ is: "ended" });
    await pass(10_000);
    expect(shown(model)).toEqual(["a", "d", "e", "f"]);
  });

  test("who came meanwhile joins in the next round", async () => {
    const model = await touring(["a", "b", "c", "d", "e"]);
    model.tour.know(() => ({ join: ["a", "b", "x"], stay: new Set(["a", "b", "c", "d", "e", "x"]) }));
    await pass(5_000);
    expect(shown(model)).toEqual(["e"]);
    await pass(10_000);
    expect(shown(model)).toEqual(["e", "x"]);
  });

  test("a refused site says so, and is asked for again in the next round", async () => {
    server.refuse.set("e", new Problem({ status: 409, code: "site_disabled", detail_zh: "场所已停用", detail_en: "disabled" }));
    const model = await touring();
    await pass(5_000);
    expect(phase(model, "e")).toMatchObject({ is: "refused" });
    expect(phase(model, "f")).toMatchObject({ is: "open" });
    server.refuse.clear();
    await pass(10_000);
    expect(phase(model, "e")).toMatchObject({ is: "open" });
  });

  test("another number of tiles keeps the first of those that stand", async () => {
    const model = await touring();
    model.setLayout(1);
    await settle();
    expect(watched()).toBe("a");
    model.setLayout(9);
    await settle();
    expect(watched()).toBe("abcdef");
    expect(model.state.getSnapshot().layout).toBe(9);
  });

  test("stopped, it leaves the group on the wall; the watch's end ends it", async () => {
    const model = await touring();
    await pass(3_000);
    model.tour.stop();
    await pass(60_000);
    expect(watched()).toBe("abcd");
    model.startTour({ source: { is: "onair" }, size: 4, dwell_s: 5 });
    await model.endWatch();
    expect(model.tour.state.getSnapshot()).toBeNull();
    await pass(60_000);
    expect(server.open.size).toBe(0);
  });

  test("nobody to show is said", async () => {
    const model = await touring([]);
    expect(model.state.getSnapshot().problem?.code).toBe("tour_without_sites");
  });

  test("a reload goes on with the group that stood, and ends what was made ready", async () => {
    const before = await touring();
    await pass(3_000);
    expect(watched()).toBe("abcdef");
    before.close();
    const again = wall();
    again.tour.know(() => ({ join: sites, stay: new Set(sites) }));
    await again.restore();
    await settle();
    expect(watched()).toBe("abcd");
    expect(shown(again)).toEqual(["a", "b", "c", "d"]);
    await pass(2_000);
    expect(shown(again)).toEqual(["e", "f"]);
  });

  test("after a restart of the server it goes on", async () => {
    const model = await touring();
    server.restart();
    model.reopen();
    await settle();
    expect(watched()).toBe("abcd");
    await pass(5_500);
    expect(watched()).toBe("ef");
  });
});

describe("a reload", () => {
  test("takes up the sites while their watch runs", async () => {
    await watching("a", "b");
    pictures.clear();
    const again = wall();
    await again.restore();
    await settle();
    expect(again.state.getSnapshot().slots.slice(0, 2)).toEqual(["a", "b"]);
    expect(phase(again, "b")).toMatchObject({ is: "open", session: server.open.get("b") });
    expect(again.state.getSnapshot().watch?.purpose).toBe("巡查");
    expect([...pictures].sort()).toEqual(["a", "b"]);
  });

  test("takes nothing up when the watch is over, or of another account", async () => {
    await watching("a");
    const other = wall("someone");
    await other.restore();
    expect(other.state.getSnapshot().phases.size).toBe(0);
    server.watch = null;
    const late = wall();
    await late.restore();
    expect(late.state.getSnapshot().phases.size).toBe(0);
    expect(keptWall.get()).toBeNull();
  });

  test("keeps the layout", () => {
    wall().setLayout(16);
    expect(keptLayout.get()).toBe("16");
    expect(wall().state.getSnapshot().layout).toBe(16);
  });
});
