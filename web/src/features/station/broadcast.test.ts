// The station's engine against a made-up camera and link: it goes on air, falls silent at once, and mends what breaks.

import { describe, expect, it } from "vitest";
import { Store } from "@/lib/store";
import { Broadcast, type Link, type LinkView } from "./broadcast";
import type { Capture } from "./capture";
import type { Choices } from "@/lib/devices";

const CHOICES: Choices = { camera: { id: "c", label: "Camera" }, microphone: null };

class FakeLink implements Link {
  view = new Store<LinkView>({ state: "down", end: null, published: false });
  refuse = false;
  connects = 0;
  sound = false;
  published: MediaStreamTrack[] = [];

  async connect() {
    this.connects++;
    this.set({ state: "connecting", end: null });
    await Promise.resolve();
    if (this.refuse) {
      this.set({ state: "down", end: "lost", published: false });
      throw new Error("no server");
    }
    this.set({ state: "up" });
  }

  async publish({ video }: { video: MediaStreamTrack }) {
    await Promise.resolve();
    this.published.push(video);
    this.set({ published: true });
  }

  async unpublish() {
    this.set({ published: false });
  }

  carrySound(on: boolean) {
    this.sound = on;
  }

  async close() {
    this.set({ state: "down", end: null, published: false });
  }

  set(change: Partial<LinkView>) {
    this.view.set({ ...this.view.getSnapshot(), ...change });
  }
}

class FakeCapture implements Capture {
  readonly video = {} as MediaStreamTrack;
  readonly audio = null;
  readonly deaf = false;
  open = true;
  lost: () => void;

  constructor(lost: () => void) {
    this.lost = lost;
  }

  close() {
    this.open = false;
  }
}

function station() {
  const link = new FakeLink();
  const opened: FakeCapture[] = [];
  const camera = { fault: "", hold: null as Promise<void> | null };
  let now = 1_000;
  const waits: { ms: number; call: () => void; live: boolean }[] = [];
  const broadcast = new Broadcast({
    link,
    open: async (_choices, lost) => {
      await camera.hold;
      if (camera.fault) throw Object.assign(new Error("x"), { name: camera.fault });
      const capture = new FakeCapture(lost);
      opened.push(capture);
      return capture;
    },
    now: () => now,
    random: () => 1,
    after: (ms, call) => {
      const wait = { ms, call, live: true };
      waits.push(wait);
      return () => {
        wait.live = false;
      };
    },
  });
  /** Lets everything that was started come to rest. */
  const rest = async () => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
  };
  /** Lets the waiting attempt happen. */
  const elapse = async () => {
    const due = waits.filter((w) => w.live);
    expect(due.length).toBeLessThanOrEqual(1);
    for (const wait of due) {
      wait.live = false;
      now += wait.ms;
      wait.call();
    }
    await rest();
    return due[0]?.ms;
  };
  return { broadcast, link, opened, camera, rest, elapse, waiting: () => waits.filter((w) => w.live).length, view: () => broadcast.view.getSnapshot() };
}

describe("a station", () => {
  it("goes on air with one camera, one link and one publication", async () => {
    const s = station();
    s.broadcast.choose(CHOICES);
    await s.rest();
    expect(s.view()).toMatchObject({ onAir: true, fault: null, offSince: null });
    expect([s.opened.length, s.link.connects, s.link.published.length, s.waiting()]).toEqual([1, 1, 1, 0]);
  });

  it("is silent at once, whatever it was about to do, and comes back by itself", async () => {
    const s = station();
    let open: () => void = () => undefined;
    s.camera.hold = new Promise((resolve) => (open = resolve));
    s.broadcast.choose(CHOICES);
    await s.rest();
    s.broadcast.setSilent(true);
    open();
    await s.rest();
    expect(s.opened.map((c) => c.open)).toEqual([false]);
    expect(s.link.published).toEqual([]);
    expect(s.view()).toMatchObject({ onAir: false, capture: null, offSince: null });
    expect(s.link.view.getSnapshot().state).toBe("up");

    s.broadcast.setSilent(false);
    await s.rest();
    expect(s.view().onAir).toBe(true);
    s.broadcast.setSilent(true);
    expect(s.opened.every((c) => !c.open)).toBe(true);
    expect(s.view().onAir).toBe(false);
    await s.rest();
    expect(s.link.view.getSnapshot().published).toBe(false);
  });

  it("tries a camera again, ever more slowly, and says what is wrong", async () => {
    const s = station();
    s.camera.fault = "NotReadableError";
    s.broadcast.choose(CHOICES);
    await s.rest();
    expect(s.view()).toMatchObject({ onAir: false, fault: "busy", offSince: 1_000 });
    expect(await s.elapse()).toBe(1_000);
    expect(await s.elapse()).toBe(2_000);
    expect(s.link.connects).toBe(1);
    s.camera.fault = "";
    expect(await s.elapse()).toBe(4_000);
    expect(s.view()).toMatchObject({ onAir: true, fault: null, offSince: null });
    s.opened[0]?.lost();
    await s.rest();
    expect(s.view()).toMatchObject({ onAir: false, fault: "missing" });
    expect(await s.elapse()).toBe(1_000);
    expect(s.view().onAir).toBe(true);
    expect(s.opened.map((c) => c.open)).toEqual([false, true]);
    expect(s.link.published.length).toBe(2);
  });

  it("keeps its camera while the server is away, and publishes again when it is back", async () => {
    const s = station();
    s.broadcast.choose(CHOICES);
    await s.rest();
    s.link.refuse = true;
    s.link.set({ state: "down", end: "lost", published: false });
    await s.rest();
    expect(s.view().onAir).toBe(false);
    await s.elapse();
    await s.elapse();
    s.link.refuse = false;
    await s.elapse();
    expect(s.view().onAir).toBe(true);
    expect([s.opened.length, s.link.published.length, s.waiting()]).toEqual([1, 2, 0]);
  });

  it("does not fight another page of the same device", async () => {
    const s = station();
    s.broadcast.choose(CHOICES);
    await s.rest();
    s.link.set({ state: "down", end: "elsewhere", published: false });
    await s.rest();
    await s.elapse();
    expect(s.link.connects).toBe(1);
    expect(s.view()).toMatchObject({ onAir: false, offSince: null });
    s.broadcast.retry();
    await s.rest();
    expect(s.view().onAir).toBe(true);
  });

  it("carries sound only while somebody listens", async () => {
    const s = station();
    s.broadcast.setSound(true);
    s.broadcast.choose(CHOICES);
    await s.rest();
    expect(s.link.sound).toBe(true);
    s.broadcast.setSound(false);
    expect(s.link.sound).toBe(false);
  });

  it("keeps a microphone that was turned off so, past other devices and a new link", async () => {
    const s = station();
    s.broadcast.setSound(true);
    s.broadcast.choose(CHOICES);
    await s.rest();
    s.broadcast.setMuted(true);
    expect([s.link.sound, s.view().muted]).toEqual([false, true]);
    s.broadcast.choose(null);
    await s.rest();
    s.broadcast.choose({ ...CHOICES });
    s.broadcast.setSound(true);
    await s.rest();
    expect([s.view().onAir, s.link.sound, s.view().muted]).toEqual([true, false, true]);
    s.broadcast.setMuted(false);
    expect([s.link.sound, s.view().muted]).toEqual([true, false]);
  });

  it("ends with nothing left open", async () => {
    const s = station();
    s.broadcast.choose(CHOICES);
    await s.rest();
    await s.broadcast.end();
    await s.rest();
    expect(s.opened.every((c) => !c.open)).toBe(true);
    expect(s.link.view.getSnapshot().state).toBe("down");
    expect(s.waiting()).toBe(0);
  });
});
