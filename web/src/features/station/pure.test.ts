// The station's decisions that need no camera: codes, faults, retries, device choice, the banner's list, loudness.

import { describe, expect, it } from "vitest";
import { captureFault } from "@/lib/capture-fault";
import { findChosen, ofKind, parseChoices } from "@/lib/devices";
import { formatCode, isWhole } from "./enrolment-code";
import { loudness } from "@/lib/loudness";
import { entryOf } from "./page-version";
import { LAST_RESORT_MS, RELOAD_PAUSE_MS, needsReload, retryDelay } from "./retry";
import type { Watcher } from "@/api/types";
import { afterNews } from "./watchers";

describe("enrolment code", () => {
  it("reads however it is typed", () => {
    expect(formatCode("12345678")).toBe("1234-5678");
    expect(formatCode("1234 5678 9")).toBe("1234-5678");
    expect(formatCode("１２３４－５６")).toBe("1234-56");
    expect(formatCode("abc12")).toBe("12");
    expect(isWhole("1234-5678")).toBe(true);
    expect(isWhole("1234-567")).toBe(false);
  });
});

describe("capture faults", () => {
  it("are told apart by what one can do about them", () => {
    const named = (name: string) => Object.assign(new Error("x"), { name });
    expect(captureFault(named("NotAllowedError"))).toBe("denied");
    expect(captureFault(named("NotReadableError"))).toBe("busy");
    expect(captureFault(named("OverconstrainedError"))).toBe("missing");
    expect(captureFault({ name: "NotFoundError" })).toBe("missing");
    expect(captureFault("?")).toBe("unknown");
  });
});

describe("retries", () => {
  it("grow to eight seconds and are spread", () => {
    expect(retryDelay(0, 1)).toBe(1_000);
    expect(retryDelay(0, 0)).toBe(500);
    expect(retryDelay(50, 1)).toBe(8_000);
    expect(retryDelay(50, 0)).toBe(4_000);
  });

  it("end in a fresh page only when the server answers and the pause is over", () => {
    const now = 10_000_000_000;
    const stuck = { now, since: now - LAST_RESORT_MS, heard: now - 1_000, reloaded: null };
    expect(needsReload(stuck)).toBe(true);
    expect(needsReload({ ...stuck, since: now - LAST_RESORT_MS + 1 })).toBe(false);
    expect(needsReload({ ...stuck, since: null })).toBe(false);
    expect(needsReload({ ...stuck, heard: now - 61_000 })).toBe(false);
    expect(needsReload({ ...stuck, heard: null })).toBe(false);
    expect(needsReload({ ...stuck, reloaded: now - RELOAD_PAUSE_MS + 1 })).toBe(false);
    expect(needsReload({ ...stuck, reloaded: now - RELOAD_PAUSE_MS })).toBe(true);
  });
});

describe("device choice", () => {
  const devices = [
    { kind: "videoinput", deviceId: "a", label: "Front" },
    { kind: "videoinput", deviceId: "b", label: "Rear" },
    { kind: "audioinput", deviceId: "default", label: "Default" },
    { kind: "audioinput", deviceId: "m", label: "Mic" },
  ];

  it("finds the chosen one by id, then by name", () => {
    const cameras = ofKind(devices, "videoinput");
    expect(findChosen(cameras, { id: "b", label: "other" })?.deviceId).toBe("b");
    expect(findChosen(cameras, { id: "gone", label: "Rear" })?.deviceId).toBe("b");
    expect(findChosen(cameras, { id: "gone", label: "" })).toBeUndefined();
    expect(findChosen(cameras, null)).toBeUndefined();
    expect(ofKind(devices, "audioinput").map((d) => d.deviceId)).toEqual(["m"]);
  });

  it("trusts nothing that it did not store", () => {
    const camera = { id: "a", label: "Front" };
    expect(parseChoices(JSON.stringify({ camera, microphone: null }))).toEqual({ camera, microphone: null });
    for (const stored of [null, "", "{", "3", "{}", '{"camera":1}', '{"camera":{"id":1,"label":""}}']) expect(parseChoices(stored)).toBeNull();
  });
});

describe("the banner's list", () => {
  const payload = { number: "HH1", state: "open", purpose: "巡查", observer_name: "陈志远", observer_unit: "区中心", audio: true, started_ms: 5 };
  const opened = { kind: "session.opened", session_id: "s1", payload };
  const one: Watcher = { session_id: "s1", number: "HH1", name: "陈志远", unit: "区中心", purpose: "巡查", since_ms: 5, mode: "watch", audio: true };

  it("gains, changes and loses a watcher", () => {
    const after = afterNews([], opened);
    expect(after).toEqual([one]);
    expect(afterNews(after, opened)).toBe(after);
    expect(afterNews(after, { ...opened, kind: "session.updated", payload: { ...payload, audio: false } })).toEqual([{ ...one, audio: false }]);
    expect(afterNews(after, { ...opened, kind: "session.ended", payload: { ...payload, state: "ended" } })).toEqual([]);
    expect(afterNews(after, { ...opened, kind: "session.updated", payload: { ...payload, state: "interrupted" } })).toEqual([]);
  });

  it("is the same list when the news is of something else", () => {
    const list = [one];
    expect(afterNews(list, { kind: "presence.changed", session_id: null, payload: {} })).toBe(list);
    expect(afterNews(list, { kind: "session.ended", session_id: "s2", payload: null })).toBe(list);
  });
});

describe("loudness", () => {
  it("runs from silence to full scale", () => {
    expect(loudness(new Float32Array(8))).toBe(0);
    expect(loudness(new Float32Array(8).fill(1))).toBe(1);
    expect(loudness(new Float32Array(8).fill(0.0316))).toBeCloseTo(0.5, 2);
    expect(loudness(new Float32Array())).toBe(0);
  });
});

describe("the page's version", () => {
  it("is the entry script that the page names", () => {
    expect(entryOf('<html><script type="module" crossorigin src="/assets/index-a1.js"></script></html>')).toBe("/assets/index-a1.js");
    expect(entryOf('<script src="/other.js"></script><script src="/m.js" type="module"></script>')).toBe("/m.js");
    expect(entryOf("<html></html>")).toBeNull();
  });
});
