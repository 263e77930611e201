import { beforeEach, describe, expect, test } from "vitest";
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
  /** Set: openSites waits for it before it answers. */
  gate: Promise<void> | null = null;

  #reach() {
    if (!this.reachable) throw Problem.unreachable();
  }

  async openWatch(purpose: string): Promise<Watch> {
    this.#reach();
    if (this.watch?.purpose === purpose) return this.watch;
    this.calls.push(`watch ${purpose}`);
    this.open.clear();
    this.watch = { id: `w${++this.serial}`, account_id: "me", person_id: "p", purpose, started_ms: this.now, ended_ms: null, end_cause: null, version: 1 };
    return this.watch;
  }

  async openSites(watch: string, sites: string[]): Promise<OpenedSite[]> {
    this.#reach();
    await this.gate;
    if (watch !== this.watch?.id) throw new Problem({ status: 409, code: "watch_not_open", detail_zh: "", detail_en: "" });
    this.calls.push(`open ${sites.join(",")}`);
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

function wall(account = "me"): WallModel {
  return new WallModel({
    openWatch: (purpose) => server.openWatch(purpose),
    currentWatch: async () => server.watch,
    endWatch: (id) => server.endWatch(id),
    openSites: (watch, sites) => server.openSites(watch, sites),
    endSession: (session) => server.endSession(session),
    identity: async () => "console",
    openPicture: (site) => void pictures.add(site),
    closePicture: (site) => void pictures.delete(site),
    keptLayout,
    keptWall,
    account,
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

  test("a refused purpose keeps the question and the site", async () => {
    const model = wall();
    model.pick("a");
    server.reachable = false;
    await expect(model.answer("巡查")).rejects.toThrow(Problem);
    expect(model.state.getSnapshot().asking).toEqual([{ site: "a" }]);
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
