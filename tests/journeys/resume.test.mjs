// Everything but the media is cut for ten seconds: the tile goes on, and the record knows of no break.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch } from "./harness/browser.mjs";
import { Cable } from "./harness/cable.mjs";
import { enrol, logIn, moving, onAir, org, pick, tile } from "./harness/people.mjs";
import { Installation, eventually } from "./harness/server.mjs";

const CUT_MS = 10_000;
// A picture that stands still for so long is seen to.
/** Far less than the cut; a loaded machine may paint late. */
const STILL_MS = 3_000;

let installation, browser, office, cable, base;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  [office] = await installation.startOffices(1);
  cable = await Cable.lay("127.0.0.1", Number(new URL(installation.base).port));
  base = `https://localhost:${cable.port}`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await cable?.cut();
  await installation?.stop();
});

async function metric(page, name) {
  const text = await (await page.request.get(`${installation.base}/metrics`)).text();
  return text.split("\n").filter((line) => line.startsWith(`${name} `)).reduce((sum, line) => sum + Number(line.split(" ").pop()), 0);
}

/** From now on `window.frameTimes` has the time of each frame that the tile's video shows. */
function record(page, siteId) {
  return tile(page, siteId).locator("video").evaluate((video) => {
    window.frameTimes = [performance.now()];
    const each = (now) => {
      window.frameTimes.push(now);
      video.requestVideoFrameCallback(each);
    };
    video.requestVideoFrameCallback(each);
  });
}

/** The longest time that the picture stood still since it was recorded, up to now. */
function longestStill(page) {
  return page.evaluate(() => {
    const times = [...window.frameTimes, performance.now()];
    return Math.max(...times.slice(1).map((time, at) => time - times[at]));
  });
}

async function cutFor(page, ms) {
  const from = await page.evaluate(() => performance.now());
  await cable.cut();
  await page.waitForFunction((end) => performance.now() >= end, from + ms, { timeout: ms + 5_000 });
  const still = await longestStill(page);
  await cable.mend();
  return still;
}

test("the wall's picture goes on while the console's line is cut", async () => {
  const commander = await logIn(browser, base, "zhihuizhang");
  const { sites } = await org(commander);
  const site = sites.find((s) => s.id === office.site_id);
  await commander.goto("/wall");
  await onAir(commander, site.id);
  await pick(commander, site.id, "断线演习");
  await moving(commander, site.id, { count: 30 });
  const { body } = await api(commander, "GET", `/sessions?site_id=${site.id}&open=true`);
  const [session] = body.items;
  const detail = async () => (await api(commander, "GET", `/sessions/${session.id}`)).body;
  const { attendances, register } = await detail();
  assert.ok(attendances.length > 0);
  const count = async () => ({
    resumes: await metric(commander, "lianxian_net_resumes_total"),
    joins: await metric(commander, "lianxian_net_joins_total"),
  });
  const earlier = await count();
  await record(commander, site.id);

  const still = await cutFor(commander, CUT_MS);
  assert.ok(still < STILL_MS, `the picture stood still for ${still.toFixed(0)} ms while the line was cut`);
  await eventually(15_000, "the link is back", async () => (await count()).resumes > earlier.resumes);
  await moving(commander, site.id, { count: 30 });
  const worst = await longestStill(commander);
  assert.ok(worst < STILL_MS, `the picture stood still for ${worst.toFixed(0)} ms when it came back`);
  assert.equal((await count()).joins, earlier.joins, "nobody joined anew");

  // The record knows of one attendance each, and of no end.
  const now = await detail();
  assert.deepEqual(now.attendances, attendances);
  assert.equal(now.register.length, register.length);
  const { body: open } = await api(commander, "GET", `/sessions?site_id=${site.id}&open=true`);
  assert.deepEqual(open.items.map((s) => s.id), [session.id]);
});

test("a workstation's picture goes on while its line is cut", async () => {
  const admin = await logIn(browser, installation.base, "sysadmin");
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const { sites, endpoints } = await org(admin);
  const site = sites.find((s) => s.kind === "hall" && s.id !== office.site_id && !endpoints.some((e) => e.site_id === s.id));
  await enrol(browser, base, admin, site.id, "断线演习工作站");
  await commander.goto("/wall");
  await onAir(commander, site.id);
  await pick(commander, site.id, "断线演习");
  await moving(commander, site.id, { count: 30 });
  const before = await metric(commander, "lianxian_net_resumes_total");
  await record(commander, site.id);
  const still = await cutFor(commander, CUT_MS);
  assert.ok(still < STILL_MS, `the picture stood still for ${still.toFixed(0)} ms while the line was cut`);
  await eventually(15_000, "the link is back", async () => (await metric(commander, "lianxian_net_resumes_total")) > before);
  await moving(commander, site.id, { count: 30 });
  const worst = await longestStill(commander);
  assert.ok(worst < STILL_MS, `the picture stood still for ${worst.toFixed(0)} ms when it came back`);
});
