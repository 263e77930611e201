// One run of the check, from the click to the result: the devices and the line side by side, nothing that disturbs what is
// measured at the same time. Knows no React.

import type { checks } from "@/api/calls";
import type { CheckItem, CheckTopic } from "@/api/types";
import type { Choices } from "@/lib/devices";
import { serverNow } from "@/lib/now";
import { within } from "@/lib/patience";
import { Store } from "@/lib/store";
import { download, upload } from "./bandwidth";
import { Fault, listen, picture, tone } from "./devices";
import * as judge from "./judge";
import { reach } from "./reach";
import { talk } from "./socket";

export const TOPICS: readonly CheckTopic[] = ["camera", "microphone", "speaker", "port", "link", "udp", "tcp", "clock", "download", "upload"];

/** How long the question about the tone waits for an answer. */
const ANSWER_MS = 12_000;
/** How long the server may take to answer. */
const PATIENCE_MS = 4_000;

export interface RunView {
  state: "idle" | "running" | "done" | "cancelled";
  items: Partial<Record<CheckTopic, CheckItem>>;
  /** What is being tried now. */
  busy: readonly CheckTopic[];
  /** The tone was played and the question is open. */
  asking: boolean;
  /** Of the microphone, 0 to 1. */
  level: number;
  camera: MediaStreamTrack | null;
  tookMs: number;
  /** By the server's clock; 0 before the first run is through. */
  endedMs: number;
}

const IDLE: RunView = { state: "idle", items: {}, busy: [], asking: false, level: 0, camera: null, tookMs: 0, endedMs: 0 };

export interface Setting {
  seat: judge.Seat;
  calls: ReturnType<typeof checks>;
  /** Devices chosen at this workstation before. */
  choices: Choices | null;
  /** The privacy switch is on: camera and microphone stay shut. */
  silent: boolean;
  /** Devices and whether media comes through, and nothing that costs a phone its data. */
  brief?: boolean;
}

export class CheckRun {
  readonly view = new Store<RunView>(IDLE);
  #abort: AbortController | null = null;
  #answer: ((heard: judge.Heard | "again") => void) | null = null;

  get items(): CheckItem[] {
    const { items } = this.view.getSnapshot();
    return TOPICS.flatMap((topic) => items[topic] ?? []);
  }

  /** Resolves to what was found; null when it was cancelled. Called from a click: browsers play sound only then. */
  async start(setting: Setting): Promise<CheckItem[] | null> {
    this.cancel();
    const abort = (this.#abort = new AbortController());
    const { signal } = abort;
    const began = performance.now();
    this.view.set({ ...IDLE, state: "running" });
    try {
      const context = new AudioContext();
      try {
        await Promise.all([this.#computer(setting, context, signal), this.#line(setting, signal)]);
      } finally {
        this.#closeCamera();
        void context.close().catch(() => undefined);
      }
      signal.throwIfAborted();
      this.view.update((view) => ({ ...view, state: "done", busy: [], asking: false, tookMs: Math.round(performance.now() - began), endedMs: serverNow() }));
      return this.items;
    } catch (error) {
      if (!signal.aborted) {
        this.cancel();
        throw error;
      }
      return null;
    }
  }

  cancel(): void {
    if (!this.#abort || this.view.getSnapshot().state !== "running") return;
    this.#abort.abort();
    this.#closeCamera();
    this.view.update((view) => ({ ...view, state: "cancelled", busy: [], asking: false, level: 0 }));
  }

  /** Whether the tone was heard; or let it sound again. */
  answer(heard: "yes" | "no" | "again"): void {
    this.#answer?.(heard);
  }

  async #computer({ seat, choices, silent }: Setting, context: AudioContext, signal: AbortSignal): Promise<void> {
    if (silent) {
      this.#tell(judge.item("camera", "skipped", "privacy"), judge.item("microphone", "skipped", "privacy"));
    } else {
      await this.#try("camera", signal, async () => {
        try {
          const { track, lines } = await picture(choices?.camera ?? null, signal);
          this.view.update((view) => ({ ...view, camera: track }));
          return judge.camera(lines);
        } catch (error) {
          if (error instanceof Fault) return judge.deviceFault("camera", error.fault, seat);
          throw error;
        }
      });
      if (choices && choices.microphone === null) this.#tell(judge.item("microphone", "skipped", "not_used"));
      else
        await this.#try("microphone", signal, async () => {
          try {
            return judge.microphone(await listen(choices?.microphone ?? null, context, (level) => this.view.update((view) => ({ ...view, level })), signal));
          } catch (error) {
            if (error instanceof Fault) return judge.deviceFault("microphone", error.fault, seat);
            throw error;
          }
        });
    }
    // After the microphone: it is not to hear the tone.
    await this.#try("speaker", signal, () => this.#ask(context, signal));
  }

  async #ask(context: AudioContext, signal: AbortSignal): Promise<CheckItem> {
    for (;;) {
      if (!(await tone(context))) return judge.speaker("no_output");
      signal.throwIfAborted();
      this.view.update((view) => ({ ...view, asking: true }));
      const heard = await new Promise<judge.Heard | "again">((resolve) => {
        const late = setTimeout(() => resolve("unanswered"), ANSWER_MS);
        this.#answer = (answer) => {
          clearTimeout(late);
          resolve(answer);
        };
        signal.addEventListener("abort", () => this.#answer?.("unanswered"), { once: true });
      });
      this.#answer = null;
      this.view.update((view) => ({ ...view, asking: false }));
      signal.throwIfAborted();
      if (heard !== "again") return judge.speaker(heard);
    }
  }

  async #line({ calls, brief }: Setting, signal: AbortSignal): Promise<void> {
    if (!brief) await this.#port(calls, signal);
    let offset: number | null = null;
    await this.#try("link", signal, async () => {
      const heard = await talk(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/rtc/check`, signal);
      offset = heard && heard.offset;
      return judge.round("link", heard && heard.round);
    });
    if (!brief) this.#tell(judge.clock(offset));
    this.#begin("udp", "tcp");
    const openPeer = (sdp: string) => calls.peer(sdp, { signal: within(PATIENCE_MS, signal) });
    const [udp, tcp] = await Promise.all([reach("udp", openPeer, signal), reach("tcp", openPeer, signal)]);
    // A try that was broken off looks like a way that is blocked.
    signal.throwIfAborted();
    this.#tell(...judge.ways(udp, tcp));
    if (brief) return;
    await this.#try("download", signal, async () => judge.width("download", await download(calls.download, signal)));
    await this.#try("upload", signal, async () => judge.width("upload", await upload(calls.upload, signal)));
  }

  async #port(calls: Setting["calls"], signal: AbortSignal): Promise<void> {
    await this.#try("port", signal, async () => {
      const rounds: number[] = [];
      // The first may have to open the connection; the second says how long a round takes.
      for (let n = 0; n < 2; n++) {
        const sent = performance.now();
        try {
          await calls.last({ signal: within(PATIENCE_MS, signal) });
        } catch {
          signal.throwIfAborted();
          return judge.round("port", null);
        }
        rounds.push(performance.now() - sent);
      }
      return judge.round("port", Math.min(...rounds));
    });
  }

  async #try(topic: CheckTopic, signal: AbortSignal, what: () => Promise<CheckItem>): Promise<void> {
    signal.throwIfAborted();
    this.#begin(topic);
    const found = await what();
    signal.throwIfAborted();
    this.#tell(found);
  }

  #begin(...topics: CheckTopic[]): void {
    this.view.update((view) => ({ ...view, busy: [...view.busy, ...topics] }));
  }

  #tell(...found: CheckItem[]): void {
    const told = new Set(found.map((one) => one.topic));
    this.view.update((view) => ({
      ...view,
      busy: view.busy.filter((topic) => !told.has(topic)),
      items: { ...view.items, ...Object.fromEntries(found.map((one) => [one.topic, one])) },
    }));
  }

  #closeCamera(): void {
    this.view.getSnapshot().camera?.stop();
    this.view.update((view) => ({ ...view, camera: null }));
  }
}
