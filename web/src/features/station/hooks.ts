// What the page does beside showing: stays awake, stays alone, stays true to the server, and reloads when nothing else helps.

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { station as calls } from "@/api/calls";
import { EventStream } from "@/api/events";
import { apply } from "@/api/invalidation";
import { queries } from "@/api/queries";
import type { OutboxEvent, PrivacySwitch, StationView } from "@/api/types";
import { keptForAll } from "@/lib/kept";
import { broadcast } from "./machine";
import { watchDevices } from "./capture";
import { keptChoices, parseChoices, type Choices } from "@/lib/devices";
import { isOutdated } from "./page-version";
import { needsReload, retryDelay } from "./retry";
import { afterNews } from "./watchers";

const keptPrivacy = keptForAll("lianxian.station.privacy");
const keptReload = keptForAll("lianxian.station.reloaded");

const LOOK_MS = 30_000;
/** After so long a page that gave way to another looks whether it is needed again. */
const YIELD_MS = 5 * 60_000;

export function useBroadcast() {
  return useSyncExternalStore(broadcast.view.subscribe, broadcast.view.getSnapshot);
}

/** What was chosen on this computer, and how to choose. */
export function useChoices(): [Choices | null, (choices: Choices | null) => void] {
  const [choices, setChoices] = useState(() => parseChoices(keptChoices.get()));
  const choose = useCallback((chosen: Choices | null) => {
    keptChoices.set(chosen && JSON.stringify(chosen));
    setChoices(chosen);
  }, []);
  return [choices, choose];
}

/** One page of this browser stands by; the others wait for it to close. */
export function useTurn(): boolean {
  const alone = !("locks" in navigator);
  const [turn, setTurn] = useState(alone);
  useEffect(() => {
    if (alone) return;
    let leave: () => void = () => undefined;
    const given = new AbortController();
    const held = new Promise<void>((resolve) => (leave = resolve));
    navigator.locks
      .request("lianxian.station", { signal: given.signal }, () => {
        setTurn(true);
        return held;
      })
      .catch(() => undefined);
    return () => {
      given.abort();
      leave();
      setTurn(false);
    };
  }, [alone]);
  return turn;
}

/** Keeps the screen on while the page is shown. Null: not known yet. */
export function useAwake(): boolean | null {
  const [awake, setAwake] = useState<boolean | null>("wakeLock" in navigator ? null : false);
  useEffect(() => {
    if (!("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const ask = async () => {
      if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
      try {
        lock = await navigator.wakeLock.request("screen");
        if (over) await lock.release();
        else setAwake(true);
      } catch {
        if (!over) setAwake(false);
      }
    };
    void ask();
    // The browser takes the lock back whenever the page is hidden.
    const shown = () => void ask();
    document.addEventListener("visibilitychange", shown);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", shown);
      void lock?.release();
    };
  }, []);
  return awake;
}

/** Hears the site's events: the banner follows them at once, and the view is then asked for again. */
export function useStationEvents(): boolean {
  const client = useQueryClient();
  const [lost, setLost] = useState(false);
  const outdated = useRef(false);
  useEffect(() => {
    const key = queries.station().queryKey;
    const reloadWhenFree = () => {
      const view = client.getQueryData(key);
      if (outdated.current && view?.watchers.length === 0 && view.assist === null) window.location.reload();
    };
    let openings = 0;
    const stream = new EventStream("/station/events", {
      event(event) {
        client.setQueryData(key, (view) => view && told(view, event));
        apply(client, [event]);
        reloadWhenFree();
      },
      opened() {
        openings += 1;
        void client.invalidateQueries({ queryKey: ["station"] });
        if (openings === 1) return;
        broadcast.retry();
        void isOutdated().then((yes) => {
          outdated.current = yes;
          reloadWhenFree();
        });
      },
      over: () => void client.invalidateQueries({ queryKey: ["station"] }),
    });
    const unsubscribe = stream.state.subscribe(() => setLost(stream.state.getSnapshot() === "lost"));
    stream.open();
    return () => {
      unsubscribe();
      stream.close();
    };
  }, [client]);
  return lost;
}

function told(view: StationView, event: OutboxEvent): StationView {
  if (event.kind === "privacy.changed") return { ...view, privacy: event.payload as PrivacySwitch };
  const watchers = afterNews(view.watchers, event);
  return watchers === view.watchers ? view : { ...view, watchers };
}

export interface Privacy {
  on: boolean;
  reason: string | null;
  since: number | null;
  /** Silent here; the server does not know the reason yet. */
  pending: boolean;
  turnOn(reason: string): void;
  turnOff(): Promise<void>;
}

/** The privacy switch. On: this computer is silent first, and then tells the server, for as long as it takes. */
export function usePrivacy(view: StationView): Privacy {
  const client = useQueryClient();
  const [pending, setPending] = useState(() => keptPrivacy.get());
  const on = pending !== null || view.privacy.on;

  const store = useCallback(
    (privacy: PrivacySwitch) => client.setQueryData(queries.station().queryKey, (old) => old && { ...old, privacy }),
    [client],
  );

  useEffect(() => {
    if (pending === null) return;
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const attempt = async (n: number) => {
      try {
        const privacy = await calls.setPrivacy(true, pending);
        keptPrivacy.set(null);
        store(privacy);
        if (!over) setPending(null);
      } catch {
        if (!over) timer = setTimeout(() => void attempt(n + 1), retryDelay(n, Math.random()));
      }
    };
    void attempt(0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [pending, store]);

  // An assistance is the site's own wish: the switch stops patrols, and the conversation goes on.
  const helped = view.assist !== null && view.assist.answered_ms !== null;
  useEffect(() => broadcast.setSilent(on && !helped), [on, helped]);

  return {
    on,
    reason: pending ?? view.privacy.reason,
    since: pending === null ? view.privacy.since_ms : null,
    pending: pending !== null,
    turnOn(reason) {
      broadcast.setSilent(!helped);
      keptPrivacy.set(reason);
      setPending(reason);
    },
    async turnOff() {
      store(await calls.setPrivacy(false, ""));
      keptPrivacy.set(null);
      setPending(null);
    },
  };
}

/** Stands by with these devices, and sends sound only while somebody listens. */
export function useOnAir(choices: Choices | null, view: StationView): void {
  const helped = view.assist !== null && view.assist.answered_ms !== null;
  const sound = helped || view.watchers.some((w) => w.audio);
  useEffect(() => broadcast.setSound(sound), [sound]);
  // Each assistance begins with the microphone on. After the line above, or one that ended would be heard for a moment.
  const assist = view.assist?.session.id;
  useEffect(() => broadcast.setMuted(false), [assist]);
  useEffect(() => {
    if (!choices) return;
    broadcast.choose(choices);
    const stop = watchDevices(() => {
      if (broadcast.view.getSnapshot().fault !== null) broadcast.retry();
    });
    return () => {
      stop();
      broadcast.choose(null);
    };
  }, [choices]);
}

/** The last resort, once in a while: the page is loaded anew. `heard`: when the server last answered. */
export function useLastResort(heard: number): void {
  const latest = useRef(heard);
  useEffect(() => {
    latest.current = heard;
  });
  useEffect(() => {
    let yielded = 0;
    const look = setInterval(() => {
      const now = Date.now();
      const { offSince, link } = broadcast.view.getSnapshot();
      const reloaded = Number(keptReload.get()) || null;
      if (needsReload({ now, since: offSince, heard: latest.current, reloaded })) {
        keptReload.set(String(now));
        window.location.reload();
      }
      yielded = link.end === "elsewhere" || link.end === "removed" ? yielded + LOOK_MS : 0;
      if (yielded >= YIELD_MS) {
        yielded = 0;
        broadcast.retry();
      }
    }, LOOK_MS);
    return () => clearInterval(look);
  }, []);
}
