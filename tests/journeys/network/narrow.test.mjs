// A viewer's line gets narrow, and lossy: the picture gives way by decision, says so, and comes back by itself.
// Runs on a private network of two hosts (tests/network/two-hosts): the office is on the server's, so that only the viewer's line is bad.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../harness/browser.mjs";
import { noteConnections, received, sum } from "../harness/connections.mjs";
import { leave, ms } from "../harness/figures.mjs";
import { logIn, moving, onAir, org, pick, tile } from "../harness/people.mjs";
import { eventually } from "../harness/server.mjs";
import { overThere, setLoss, setRate } from "../harness/two-hosts.mjs";

const WIDE = "3mbit";
const NARROW = "500kbit";
const SOURCE_FPS = 15;
const STOP_AIM_MS = 1_000;
const RETURN_AIM_MS = 5_000;
const FPS_AIM = 0.95 * SOURCE_FPS;
const SOUND_AIM = 0.95;
/** Encoder, decoder and both hosts share the machine: the simulator proves the aims, here only what is broken is caught; figures are printed beside the aims. */
const STOP_BOUND_MS = 3_000;
const RETURN_BOUND_MS = 12_000;
const FPS_BOUND = 0.9 * SOURCE_FPS;
/** The share of the sound that comes while three packets in ten are lost each way: 0.7 with nothing done, some 0.8 with what is asked for again alone. */
const SOUND_BOUND = 0.9;

let installation, browser, commander, site;

/** What was shown since the last call: when each frame came (ms of the page's clock), and how wide it was. */
async function frames() {
  return commander.evaluate(() => window.shown.splice(0));
}

const wait = (ms) => commander.evaluate((ms) => new Promise((done) => setTimeout(done, ms)), ms);
/** How many frames were decoded so far: a frame that is repaired late comes together with the next, and only one of them is shown. */
const decoded = () => tile(commander, site.id).locator("video").evaluate((v) => v.getVideoPlaybackQuality().totalVideoFrames);
const now = () => commander.evaluate(() => performance.now());
const width = () => tile(commander, site.id).locator("video").evaluate((v) => v.videoWidth);
const pausedWords = () => tile(commander, site.id).getByText("线路不足，画面暂停");

/** Packets of sound that came to the page (at the first try or repaired), and that never did. */
async function sound() {
  const rows = await received(commander, "audio");
  return { came: sum(rows, "packetsReceived"), lost: sum(rows, "packetsLost") };
}

function longestStop(shown, from, to) {
  const times = [from, ...shown.map((f) => f.at).filter((at) => at >= from && at <= to), to];
  return Math.max(...times.slice(1).map((at, i) => at - times[i]));
}

before(async () => {
  installation = await overThere();
  await installation.seed();
  await installation.start();
  const [office] = await installation.startOffices(1);
  browser = await launch();
  commander = await logIn(browser, installation.base, "zhihuizhang");
  site = (await org(commander)).sites.find((s) => s.id === office.site_id);
  await noteConnections(commander);
  await commander.goto("/wall");
  await onAir(commander, site.id);
  await pick(commander, site.id, "弱网检查");
  await moving(commander, site.id, { count: 30 });
  await tile(commander, site.id).locator("video").evaluate((v) => {
    window.shown = [];
    const each = (at) => {
      window.shown.push({ at, width: v.videoWidth });
      v.requestVideoFrameCallback(each);
    };
    v.requestVideoFrameCallback(each);
  });
  await tile(commander, site.id).hover();
  await tile(commander, site.id).getByRole("button", { name: "声音", exact: true }).click();
  await tile(commander, site.id).dblclick();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

test("the capacity falls to a sixth and returns: no stop over 3 s (aim 1), the top layer back within 12 s (aim 5), 90 % of the frames (aim 95)", async () => {
  setRate(WIDE);
  const top = await eventually(15_000, "the spotlight takes the top layer", async () => (await width()) >= 1280 && width());
  await wait(3_000);
  await frames();

  const fell = await now();
  setRate(NARROW);
  await wait(5_000);
  const [settled, before] = [await now(), await decoded()];
  await wait(10_000);
  const returned = await now();
  const fps = ((await decoded()) - before) / ((returned - settled) / 1_000);
  const narrow = await frames();
  assert.ok((await width()) < top, "a smaller layer is shown on the narrow line");
  setRate(WIDE);
  await eventually(20_000, "the top layer comes back", async () => (await width()) === top);
  await wait(5_000);
  const wide = await frames();
  const end = await now();

  const stop = longestStop([...narrow, ...wide], fell, end);
  const back = wide.find((f) => f.at > returned && f.width === top).at - returned;
  console.log(`on the narrow line: ${fps.toFixed(1)} of ${SOURCE_FPS} frames a second (aim >= ${FPS_AIM.toFixed(1)})`);
  await leave("narrow", [
    ms("3 Mbit/s -> 500 kbit/s -> 3 Mbit/s in Chromium: longest stop", stop, STOP_AIM_MS),
    ms("... top layer back after", back, RETURN_AIM_MS),
  ]);
  assert.ok(stop <= STOP_BOUND_MS, `the picture stood still for ${stop.toFixed(0)} ms`);
  assert.ok(back <= RETURN_BOUND_MS, `the top layer came back after ${back.toFixed(0)} ms`);
  assert.ok(fps >= FPS_BOUND, `${fps.toFixed(1)} of ${SOURCE_FPS} frames a second on the narrow line`);
});

test("a tenth lost at random is repaired: 90 % of the frames (aim 95), no stop over 3 s (aim 1)", async () => {
  setLoss(0.1);
  await wait(5_000);
  await frames();
  const [from, before] = [await now(), await decoded()];
  await wait(20_000);
  const shown = await frames();
  const [to, count] = [await now(), (await decoded()) - before];
  const stop = longestStop(shown, from, to);
  const fps = count / ((to - from) / 1_000);
  console.log(`10 % lost: ${fps.toFixed(1)} of ${SOURCE_FPS} frames a second (aim >= ${FPS_AIM.toFixed(1)})`);
  await leave("lossy", [ms("a tenth lost, in Chromium: longest stop", stop, STOP_AIM_MS)]);
  assert.ok(fps >= FPS_BOUND, `${fps.toFixed(1)} of ${SOURCE_FPS} frames a second`);
  assert.ok(stop <= STOP_BOUND_MS, `the picture stood still for ${stop.toFixed(0)} ms`);
  assert.equal(await pausedWords().count(), 0);
});

test("three in ten lost each way pause the picture in words, the sound goes on (aim 95 %), and it comes back by itself", async () => {
  setLoss(0.3, 0.3);
  await pausedWords().waitFor({ timeout: 20_000 });
  const from = await sound();
  await wait(30_000);
  const to = await sound();
  const [came, lost] = [to.came - from.came, to.lost - from.lost];
  const share = came / (came + lost);
  console.log(`30 % lost each way: ${came} packets of sound came and ${lost} did not: ${(100 * share).toFixed(1)} % (aim >= ${100 * SOUND_AIM} %)`);
  assert.ok(came > 0, "sound comes while the picture is paused");
  assert.ok(share >= SOUND_BOUND, `${(100 * share).toFixed(1)} % of the sound came`);
  setLoss(0);
  await pausedWords().waitFor({ state: "detached", timeout: 20_000 });
  await moving(commander, site.id, { count: 30 });
});
