// Consoles without a screen, of the unmodified Node SDK: each logs in and links, and when it is told to asks for a site and waits for the
// first frame that is decoded. They are the others while one page is looked at, so that eight do not share its processors.
//
//     consoles.mjs BASE ACCOUNT PASSWORD PURPOSE COUNT
//
// Each line of standard input is a round, { at, sites }: the moment by the clock, and a site for each. It is answered by one line,
// { times }: ms from the question to the first decoded frame; what was opened is closed by then, and all are ready for the next. { linked }
// comes first. Other lines are the SDK's own.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { Room, RoomEvent, TrackKind, VideoStream, dispose } from "@livekit/rtc-node";
import { within } from "../journeys/harness/server.mjs";

const FRAME_MS = 20_000;

const [base, account, password, purpose, count] = process.argv.slice(2);

class Console {
  #tab;
  #cookie = "";
  #room;
  #endpoint = "";
  #watch = "";

  constructor(tab) {
    this.#tab = tab;
  }

  async logIn() {
    const login = await this.#ask("POST", "/logins", { account, password });
    this.#cookie = login.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
  }

  /** A link of its own for each round: this SDK does not tell again of the track of a participant who left its sight and came back. */
  async link() {
    await this.leave();
    const { token, identity } = await (await this.#ask("POST", "/link/tokens", { tab: this.#tab })).json();
    this.#endpoint = identity;
    this.#room = new Room();
    await this.#room.connect(base.replace(/^http/, "ws"), token, { autoSubscribe: true, dynacast: false });
    this.#watch = (await (await this.#ask("POST", "/watches", { purpose })).json()).id;
  }

  /** Opens the site at that moment; resolves to when its first frame was decoded, and to what ends it. */
  async open(site, at) {
    const frame = this.#frame();
    await pause(at - Date.now());
    const asked = performance.now();
    const opened = await (await this.#ask("POST", `/watches/${this.#watch}/sites`, { site_ids: [site], endpoint_id: this.#endpoint })).json();
    assert.ok(opened[0].session, JSON.stringify(opened));
    return { ms: (await within(FRAME_MS, "the first frame", frame)) - asked, end: () => this.#ask("POST", `/sessions/${opened[0].session.id}/end`, {}, [409]) };
  }

  /** When the next picture's first frame is decoded. */
  #frame() {
    return new Promise((seen) => {
      const take = async (track) => {
        if (track.kind !== TrackKind.KIND_VIDEO) return;
        this.#room.off(RoomEvent.TrackSubscribed, take);
        // Read on until the picture is taken away, as a screen does.
        for await (const _ of new VideoStream(track)) seen(performance.now());
      };
      this.#room.on(RoomEvent.TrackSubscribed, take);
    });
  }

  async #ask(method, path, body, allowed = []) {
    const answer = await fetch(`${base}/api/v1${path}`, {
      method,
      headers: { origin: base, cookie: this.#cookie, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok && !allowed.includes(answer.status)) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  leave() {
    return this.#room?.disconnect();
  }
}

const consoles = Array.from({ length: Number(count) }, (_, n) => new Console(`console-${n}`));
const linkAll = async () => {
  for (const one of consoles) await one.link();
};
for (const one of consoles) await one.logIn();
await linkAll();
console.log(JSON.stringify({ linked: consoles.length }));
for await (const line of createInterface({ input: process.stdin })) {
  const { at, sites } = JSON.parse(line);
  const opened = await Promise.all(consoles.map((one, n) => one.open(sites[n], at)));
  for (const { end } of opened) await end();
  await linkAll();
  console.log(JSON.stringify({ times: opened.map(({ ms }) => ms) }));
}
for (const one of consoles) await one.leave();
await dispose();
