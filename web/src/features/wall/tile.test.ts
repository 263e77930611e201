import { expect, test } from "vitest";
import { Problem } from "@/lib/problem";
import { tileView, type TileInput } from "./tile";

const live: TileInput = {
  phase: { is: "open", since: 1, session: "x" },
  privacy: { on: false, reason: null, since_ms: null },
  status: { state: "onair", since_ms: 0, cause: null },
  linkUp: true,
  flow: "moving",
  flowSince: 5,
  weak: null,
  paused: false,
};

const state = (over: Partial<TileInput>) => {
  const view = tileView({ ...live, ...over });
  return [view.state, view.cause.is, view.since];
};

test("a moving picture is live, or weak for the reason that was found", () => {
  expect(state({})).toEqual(["live", "none", 5]);
  for (const weak of ["loss", "siteLine", "fewFrames"] as const) expect(state({ weak })).toEqual(["weak", weak, 5]);
});

test("no frame yet is connecting; frames that stopped are weak, unless the site is known to be away", () => {
  expect(state({ flow: "waiting" })).toEqual(["connecting", "none", 1]);
  expect(state({ flow: "still" })).toEqual(["weak", "still", 5]);
  expect(state({ flow: "still", status: { state: "offline", since_ms: 9, cause: "lost" } })).toEqual(["offline", "offline", 9]);
});

test("a picture that the server pauses for the line says so, unless the site is known to be away", () => {
  expect(state({ paused: true })).toEqual(["weak", "paused", 5]);
  expect(state({ paused: true, flow: "still" })).toEqual(["weak", "paused", 5]);
  expect(state({ paused: true, flow: "waiting" })).toEqual(["weak", "paused", 5]);
  expect(state({ paused: true, flow: "still", status: { state: "offline", since_ms: 9, cause: "lost" } })).toEqual(["offline", "offline", 9]);
});

test("privacy says why, whatever still flows", () => {
  const view = tileView({ ...live, privacy: { on: true, reason: "正在调解", since_ms: 3 } });
  expect(view).toEqual({ state: "privacy", cause: { is: "privacy", reason: "正在调解" }, since: 3 });
});

test("an ended or refused session shows no old state", () => {
  expect(state({ phase: { is: "ended", since: 8, session: "x", cause: "revoked" } })).toEqual(["ended", "ended", 8]);
  expect(state({ phase: { is: "refused", since: 8, problem: Problem.ofStatus(403) } })).toEqual(["refused", "refused", 8]);
});

test("while the link is away only a picture that moves is called live", () => {
  expect(state({ linkUp: false })).toEqual(["live", "none", 5]);
  expect(state({ linkUp: false, flow: "none" })).toEqual(["connecting", "link", 1]);
});

test("online without a picture is said as such", () => {
  expect(state({ flow: "none", status: { state: "online", since_ms: 2, cause: null } })).toEqual(["offline", "notOnAir", 2]);
});
