import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Bell, HELP_RING, NOTICE_RING } from "./bell";

/** A context as browsers have it: it runs only once the page may sound. */
class Context {
  state: "suspended" | "running" = "suspended";
  currentTime = 0;
  destination = {};
  started: number[] = [];
  #allowed = false;
  #waiting: (() => void)[] = [];

  allow() {
    this.#allowed = true;
    if (this.#waiting.length > 0) this.state = "running";
    for (const told of this.#waiting.splice(0)) told();
  }

  resume() {
    if (!this.#allowed) return new Promise<void>((told) => this.#waiting.push(told));
    this.state = "running";
    return Promise.resolve();
  }

  suspend() {
    this.state = "suspended";
    return Promise.resolve();
  }
}

class Node {
  gain = { setValueAtTime() {}, linearRampToValueAtTime() {} };
  constructor(private context: Context) {}
  connect(to: unknown) {
    return to;
  }
  start(at: number) {
    this.context.started.push(at);
  }
  stop() {}
}

let context: Context;
let bell: Bell;
let made: number;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("OscillatorNode", Node);
  vi.stubGlobal("GainNode", Node);
  context = new Context();
  made = 0;
  bell = new Bell(() => {
    made += 1;
    return context as unknown as AudioContext;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const turn = () => vi.advanceTimersByTimeAsync(0);

test("an armed bell rests until it rings, and rests again when it is answered", async () => {
  context.allow();
  await bell.arm();
  expect(bell.armed.getSnapshot()).toBe(true);
  expect(context.state).toBe("suspended");

  const answered = bell.ring(HELP_RING);
  await turn();
  expect(context.state).toBe("running");
  expect(context.started).toHaveLength(HELP_RING.tones.length);
  await vi.advanceTimersByTimeAsync(HELP_RING.every_ms);
  expect(context.started).toHaveLength(2 * HELP_RING.tones.length);

  answered();
  expect(context.state).toBe("suspended");
  await vi.advanceTimersByTimeAsync(2 * HELP_RING.every_ms);
  expect(context.started).toHaveLength(2 * HELP_RING.tones.length);
});

test("a call that rings before the page may sound is heard from the first click on", async () => {
  const answered = bell.ring(HELP_RING);
  await vi.advanceTimersByTimeAsync(HELP_RING.every_ms);
  expect(context.started).toHaveLength(0);

  const arming = bell.arm();
  context.allow();
  await arming;
  expect(bell.armed.getSnapshot()).toBe(true);
  expect(context.started).toHaveLength(HELP_RING.tones.length);
  answered();
});

test("of two rings the one that is left goes on", async () => {
  context.allow();
  const first = bell.ring(HELP_RING);
  const second = bell.ring(HELP_RING);
  first();
  first();
  expect(context.state).toBe("running");
  second();
  expect(context.state).toBe("suspended");
});

test("the context is made in a pause, once, and rests", () => {
  const pauses: (() => void)[] = [];
  vi.stubGlobal("requestIdleCallback", (act: () => void) => pauses.push(act));
  vi.stubGlobal("cancelIdleCallback", () => pauses.splice(0));
  bell.prepare()();
  expect(pauses).toHaveLength(0);

  bell.prepare();
  expect(made).toBe(0);
  pauses[0]?.();
  bell.prepare();
  expect(pauses).toHaveLength(1);
  expect(made).toBe(1);
  expect(context.state).toBe("suspended");
});

test("a chime sounds once and the bell rests again", async () => {
  context.allow();
  bell.chime(NOTICE_RING);
  await vi.advanceTimersByTimeAsync(3 * NOTICE_RING.every_ms);
  expect(context.started).toHaveLength(NOTICE_RING.tones.length);
  expect(context.state).toBe("suspended");
});
