// Eight commanders ask for a site in the same moment, each over an open link: how long each waits for the first decoded frame. First one
// of them at a page and seven with consoles that draw nothing, for the eight of an office have a processor each; then eight pages on the
// server's own two cores. Run by `make bench`; leaves its figures in target/bench-first-frame-8.json.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { launch } from "../harness/browser.mjs";
import { leave, ms, percentile } from "../harness/figures.mjs";
import { logIn, moving, onAir, PASSWORD, pick, tile } from "../harness/people.mjs";
import { Installation, within } from "../harness/server.mjs";

const VIEWERS = 8;
const OFFICES = 4;
const ROUNDS = 5;
/** One page gives one click a round. */
const ROUNDS_OF_ONE = 15;
const CONSOLES_MS = 30_000;
const AIM_P50_MS = 400;
const AIM_P95_MS = 800;
const PURPOSE = "首帧测量";
const COMMANDER = "zhihuizhang";
/** How long before the moment everybody is told of it. */
const LEAD_MS = 1_500;

/** A commander before the wall, whose page can tell the moments of a click. */
async function commanderAtWall(browser, base) {
  // Small windows: what is measured is the way of the picture, not the painting of eight large ones.
  const page = await logIn(browser, base, COMMANDER, undefined, { width: 800, height: 600 });
  await page.goto("/wall");
  await page.evaluate(() => {
    const { setRemoteDescription, setLocalDescription } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.setRemoteDescription = function (sdp) {
      if (sdp.type === "offer") window.mark?.("offered");
      return setRemoteDescription.call(this, sdp);
    };
    RTCPeerConnection.prototype.setLocalDescription = async function (sdp) {
      await setLocalDescription.call(this, sdp);
      if (sdp?.type === "answer") window.mark?.("agreed");
    };
    const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
    Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
      ...source,
      set(stream) {
        if (stream) window.mark?.("track");
        source.set.call(this, stream);
      },
    });
  });
  return page;
}

/** Clicks the site at `at` (by the page's clock of the day) and resolves to the moments since. */
function clickAt(page, site, at) {
  return page.evaluate(
    ({ site, at }) =>
      new Promise((done, failed) => {
        setTimeout(() => failed(new Error("no frame within 20 s")), 20_000 + at - Date.now());
        setTimeout(() => {
          const started = performance.now();
          const moments = {};
          // Our question, the server's answer to the click, its offer with the new track, and our answer to that.
          new PerformanceObserver((list) => {
            const answer = list.getEntries().find((entry) => entry.name.endsWith("/sites") && entry.startTime >= started);
            if (!answer) return;
            moments.asked = answer.requestStart - started;
            moments.answered = answer.responseEnd - started;
          }).observe({ type: "resource" });
          window.mark = (what) => (moments[what] ??= performance.now() - started);
          // Nothing here asks again and again: eight pages that look sixty times a second are a load of their own.
          const look = () => {
            const video = document.querySelector(`[data-tile-site="${site}"] video`);
            if (!video) return;
            change.disconnect();
            video.requestVideoFrameCallback((now, frame) => {
              moments.frame = performance.now() - started;
              // When its last packet came, by the browser; the rest is decoding and painting.
              if (frame.receiveTime) moments.received = frame.receiveTime - started;
              done(moments);
            });
          };
          const change = new MutationObserver(look);
          change.observe(document.body, { childList: true, subtree: true });
          document.querySelector(`[data-site-id="${site}"]`).click();
        }, at - Date.now());
      }),
    { site, at },
  );
}

/** Takes the site from the wall, so that it can be clicked again. */
async function remove(page, site) {
  const was = tile(page, site);
  await was.hover();
  await was.getByRole("button", { name: "移除" }).click();
  await was.waitFor({ state: "detached" });
}

/** Consoles without a screen, in a process of their own: see tests/sdk/consoles.mjs. */
class Consoles {
  #child;
  #lines;

  static async link({ base, ca }, count) {
    const made = new Consoles();
    const script = fileURLToPath(new URL("../../sdk/consoles.mjs", import.meta.url));
    // One certificate, as Node and as the SDK's own TLS read it.
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: ca, SSL_CERT_FILE: ca };
    made.#child = spawn(process.execPath, [script, base, COMMANDER, PASSWORD, PURPOSE, count], { env, stdio: ["pipe", "pipe", "inherit"] });
    made.#lines = createInterface({ input: made.#child.stdout })[Symbol.asyncIterator]();
    await made.#told("linked");
    return made;
  }

  async #told(what) {
    for (;;) {
      const { value, done } = await within(CONSOLES_MS, `what the consoles say of "${what}"`, this.#lines.next());
      if (done) throw new Error("the consoles ended");
      const said = value.startsWith("{") && JSON.parse(value)[what];
      if (said) return said;
    }
  }

  /** Each asks for its site at that moment. Resolves to the times to the first decoded frame, ms. */
  async open(sites, at) {
    this.#child.stdin.write(`${JSON.stringify({ at, sites })}\n`);
    return this.#told("times");
  }

  end() {
    this.#child?.stdin.end();
  }
}

const installation = await Installation.make();
const figures = [];
let browser, consoles;

/** Keeps the aims' figures of these sorted times, ms. */
function figure(who, frames) {
  for (const [share, aim] of [[0.5, AIM_P50_MS], [0.95, AIM_P95_MS]]) {
    figures.push(ms(`to the first decoded frame, ${VIEWERS} viewers at once, ${who}, p${share * 100}`, percentile(frames, share), aim));
  }
}

/** Says what the clicks took and where. */
function tell(who, clicks) {
  const of = (what) => clicks.map((moments) => moments[what]).filter((ms) => ms !== undefined).sort((a, b) => a - b);
  const say = (what) => `${what} p50 ${percentile(of(what), 0.5).toFixed(0)} p95 ${percentile(of(what), 0.95).toFixed(0)}`;
  console.log(`${clicks.length} clicks, ms from the click: ${["asked", "answered", "offered", "track", "agreed", "received", "frame"].map(say).join("; ")}`);
  figure(who, of("frame"));
}

try {
  await installation.seed();
  await installation.start();
  const offices = await installation.startOffices(OFFICES);
  const site = (n, round) => offices[(n + round) % OFFICES].site_id;
  browser = await launch();
  const viewers = [await commanderAtWall(browser, installation.base)];
  for (const office of offices) await onAir(viewers[0], office.site_id);
  /** The link is up before anything is measured; the purpose is asked for once. */
  const warm = async (n, purpose) => {
    await pick(viewers[n], site(n, 0), purpose);
    await moving(viewers[n], site(n, 0));
  };
  await warm(0, PURPOSE);

  consoles = await Consoles.link(installation, VIEWERS - 1);
  const clicks = [];
  const others = [];
  // The first round warms the consoles, as the page is.
  for (let round = 0; round <= ROUNDS_OF_ONE; round++) {
    await remove(viewers[0], site(0, round));
    const at = Date.now() + LEAD_MS;
    const theirs = Array.from({ length: VIEWERS - 1 }, (_, n) => site(n + 1, round + 1));
    const [click, times] = await Promise.all([clickAt(viewers[0], site(0, round + 1), at), consoles.open(theirs, at)]);
    if (round === 0) continue;
    clicks.push(click);
    others.push(...times);
  }
  consoles.end();
  tell("at a page", clicks);
  figure("the seven without a screen", others.sort((a, b) => a - b));
  await remove(viewers[0], site(0, ROUNDS_OF_ONE + 1));

  await warm(0);
  for (let n = 1; n < VIEWERS; n++) {
    viewers.push(await commanderAtWall(browser, installation.base));
    await warm(n, PURPOSE);
  }
  const all = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [n, page] of viewers.entries()) await remove(page, site(n, round));
    const at = Date.now() + LEAD_MS;
    all.push(...(await Promise.all(viewers.map((page, n) => clickAt(page, site(n, round + 1), at)))));
  }
  tell("eight pages on the server's two cores", all);
  await leave("first-frame-8", figures);
} finally {
  consoles?.end();
  await browser?.close();
  await installation.stop();
}
