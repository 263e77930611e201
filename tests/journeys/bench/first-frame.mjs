// Eight commanders click sites in the same moment, each over an open link: how long each waits for the first decoded frame.
// Run by `make bench`; leaves its figures in target/bench-first-frame-8.json.

import { launch } from "../harness/browser.mjs";
import { leave, ms, percentile } from "../harness/figures.mjs";
import { logIn, moving, onAir, pick, tile } from "../harness/people.mjs";
import { Installation } from "../harness/server.mjs";

const VIEWERS = 8;
const OFFICES = 4;
const ROUNDS = 5;
const AIM_P50_MS = 400;
const AIM_P95_MS = 800;
const PURPOSE = "首帧测量";

/** A commander before the wall, whose page can tell the moments of a click. */
async function commanderAtWall(browser, base) {
  // Small windows: what is measured is the way of the picture, not the painting of eight large ones.
  const page = await logIn(browser, base, "zhihuizhang", undefined, { width: 800, height: 600 });
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

const installation = await Installation.make();
let browser;
try {
  await installation.seed();
  await installation.start();
  const offices = await installation.startOffices(OFFICES);
  browser = await launch();
  const viewers = [];
  for (let n = 0; n < VIEWERS; n++) viewers.push(await commanderAtWall(browser, installation.base));
  for (const office of offices) await onAir(viewers[0], office.site_id);
  const site = (n, round) => offices[(n + round) % OFFICES].site_id;
  // The purpose is stated and the link is up before anything is measured.
  for (const [n, page] of viewers.entries()) {
    await pick(page, site(n, 0), PURPOSE);
    await moving(page, site(n, 0));
  }
  const all = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [n, page] of viewers.entries()) {
      const was = tile(page, site(n, round));
      await was.hover();
      await was.getByRole("button", { name: "移除" }).click();
      await was.waitFor({ state: "detached" });
    }
    const at = Date.now() + 1_500;
    all.push(...(await Promise.all(viewers.map((page, n) => clickAt(page, site(n, round + 1), at)))));
  }
  const of = (what) => all.map((moments) => moments[what]).filter((ms) => ms !== undefined).sort((a, b) => a - b);
  const say = (what) => `${what} p50 ${percentile(of(what), 0.5).toFixed(0)} p95 ${percentile(of(what), 0.95).toFixed(0)}`;
  console.log(`${all.length} clicks, ms from the click: ${["asked", "answered", "offered", "track", "agreed", "received", "frame"].map(say).join("; ")}`);
  const figure = (share, aim) => ms(`click to first decoded frame, ${VIEWERS} viewers at once, p${share * 100}`, percentile(of("frame"), share), aim);
  await leave("first-frame-8", [figure(0.5, AIM_P50_MS), figure(0.95, AIM_P95_MS)]);
} finally {
  await browser?.close();
  await installation.stop();
}
