// Three packets in a hundred are lost each way: the viewer's picture keeps its pace. The aim is 95 % of the frames; what is asserted is 90 %,
// because encoder, decoder and both hosts share the machine. What came is printed beside the aim.
// Runs on a private network of two hosts (tests/network/two-hosts).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../harness/browser.mjs";
import { logIn, moving, onAir, org, pick, tile } from "../harness/people.mjs";
import { onServer, overThere, setLoss } from "../harness/two-hosts.mjs";

const LOSS = 0.03;
const MEASURE_S = 20;
const SOURCE_FPS = 15;
const FPS_AIM = 0.95 * SOURCE_FPS;
const FPS_BOUND = 0.9 * SOURCE_FPS;

let installation, browser, office;

before(async () => {
  installation = await overThere();
  await installation.seed();
  await installation.start();
  [office] = await installation.startOffices(1);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

test("3 % loss each way leaves at least 90 % of the frames (the aim is 95 %)", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const { sites } = await org(commander);
  const site = sites.find((s) => s.id === office.site_id);
  await commander.goto("/wall");
  await onAir(commander, site.id);
  await pick(commander, site.id, "弱网检查");
  await moving(commander, site.id, { count: 30 });

  // The office is on the server's host, so only what passes the cable is lost: the viewer's side, both ways.
  setLoss(LOSS, LOSS);
  const shown = () => tile(commander, site.id).locator("video").evaluate((v) => ({
    frames: v.getVideoPlaybackQuality().totalVideoFrames,
    at: performance.now(),
  }));
  const from = await shown();
  await commander.waitForFunction((end) => performance.now() >= end, from.at + MEASURE_S * 1000, { timeout: (MEASURE_S + 5) * 1000 });
  const to = await shown();
  const fps = (to.frames - from.frames) / ((to.at - from.at) / 1000);
  // Some 25 are lost in the time: a whole run of one frame counts once here, and a silent office sends little sound.
  const counts = onServer("iptables", "-L", "-v", "-n", "-x").matchAll(/^\s*(\d+)\s+\d+\s+DROP/gm);
  const dropped = [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  assert.ok(dropped > 5, `the rules did drop packets: ${dropped}`);
  console.log(`3 % lost each way: ${fps.toFixed(1)} of ${SOURCE_FPS} frames a second (aim >= ${FPS_AIM.toFixed(1)})`);
  assert.ok(fps >= FPS_BOUND, `${fps.toFixed(2)} of ${SOURCE_FPS} frames a second`);
});
