import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "@/lib/problem";

const calls = vi.hoisted(() => ({ ask: vi.fn(), keep: vi.fn() }));
vi.mock("@/api/calls", () => ({ station: { ask: calls.ask }, photos: () => ({ keep: calls.keep }) }));

/** Bytes that the browser has room for. */
let room = Infinity;
let stored = new Map<string, string>();
const storage = {
  getItem: (key: string) => stored.get(key) ?? null,
  removeItem: (key: string) => void stored.delete(key),
  setItem: (key: string, value: string) => {
    if (value.length > room) throw new Error("full");
    stored.set(key, value);
  },
};
const photo = (letter: string) => `data:image/webp;base64,${btoa(letter.repeat(600))}`;

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
  vi.stubGlobal("window", { localStorage: storage });
  room = Infinity;
  stored = new Map();
  calls.ask.mockReset();
  calls.keep.mockReset();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The page as it is loaded anew. */
const page = async () => new (await import("./asking")).Desk();
const settled = () => vi.advanceTimersByTimeAsync(0);
const lost = () => Promise.reject(Problem.ofStatus(503));

test("a photo that waits is not put out by the next one, and each goes to its own request", async () => {
  calls.ask.mockResolvedValueOnce({ id: "a" }).mockResolvedValueOnce({ id: "b" });
  calls.keep.mockImplementation(lost);
  const desk = await page();
  desk.ask({}, photo("a"));
  await settled();
  desk.ask({}, photo("b"));
  await settled();
  calls.keep.mockReset();
  calls.keep.mockResolvedValue({});
  desk.again();
  await settled();
  expect(calls.keep.mock.calls.map(([request]) => request as string)).toEqual(["a", "b"]);
  expect(stored.size).toBe(0);
});

test("a photo that does not fit takes nothing of the request with it, and is said", async () => {
  room = 300;
  calls.ask.mockImplementation(lost);
  const desk = await page();
  desk.ask({ sentence: "漏水" }, photo("a"));
  await settled();
  expect(desk.state.getSnapshot()).toMatchObject({ photoUnkept: true, waiting: { request: { sentence: "漏水" } } });
  expect((await page()).state.getSnapshot().waiting?.request.sentence).toBe("漏水");
  // While the page lives, both arrive.
  calls.ask.mockReset();
  calls.ask.mockResolvedValue({ id: "a" });
  calls.keep.mockResolvedValue({});
  desk.again();
  await settled();
  expect(calls.keep).toHaveBeenCalledOnce();
  expect(desk.state.getSnapshot().photoUnkept).toBe(false);
});

test("after a reload the photo still follows its request", async () => {
  calls.ask.mockImplementation(lost);
  (await page()).ask({}, photo("a"));
  await settled();
  calls.ask.mockReset();
  calls.ask.mockResolvedValue({ id: "a" });
  calls.keep.mockResolvedValue({});
  const again = await page();
  again.again();
  await settled();
  expect(calls.keep.mock.calls.map(([request]) => request as string)).toEqual(["a"]);
});

test("a site that has too many waiting is told so and keeps its words; what came too fast is tried again", async () => {
  const desk = await page();
  // The class that the page knows: its modules are loaded anew for each test.
  const { Problem } = await import("@/lib/problem");
  const full = new Problem({ status: 429, code: "too_many_waiting", detail_zh: "本场所已有 5 个求助等待受理", detail_en: "5 wait already", limit: 5 });
  calls.ask.mockRejectedValueOnce(full);
  desk.ask({ sentence: "漏水" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls.ask).toHaveBeenCalledOnce();
  expect(desk.state.getSnapshot()).toMatchObject({ waiting: null, refused: { request: { sentence: "漏水" }, problem: { code: "too_many_waiting" } } });

  calls.ask.mockRejectedValueOnce(new Problem({ status: 429, code: "too_many_attempts", detail_zh: "尝试过于频繁", detail_en: "too fast" }));
  calls.ask.mockResolvedValueOnce({ id: "a" });
  desk.ask({ sentence: "漏水" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls.ask).toHaveBeenCalledTimes(3);
  expect(desk.state.getSnapshot()).toMatchObject({ waiting: null, refused: null });
});
