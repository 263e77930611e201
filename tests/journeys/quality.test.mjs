// How good a watched picture was goes on record while it runs, and the session's page draws it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch } from "./harness/browser.mjs";
import { enrol, logIn, moving, onAir, org, pick, tile } from "./harness/people.mjs";
import { Installation, eventually } from "./harness/server.mjs";

// One interval, the second in which it is committed, and the time that a viewer takes to come up.
const FIRST_INTERVAL_MS = 25_000;

let installation, browser, office;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  [office] = await installation.startOffices(1);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

test("a browser that publishes is asked for its round trip", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const admin = await logIn(browser, installation.base, "sysadmin");
  const { sites, endpoints } = await org(admin);
  const hall = sites.find((s) => s.kind === "hall" && s.id !== office.site_id && !endpoints.some((e) => e.site_id === s.id && e.enrolled));
  const station = await enrol(browser, installation.base, admin, hall.id, "画质测试机");
  await commander.goto("/wall");
  await onAir(commander, hall.id);
  await pick(commander, hall.id, "看画质");
  await moving(commander, hall.id);
  const { body } = await api(commander, "GET", `/sessions?site_id=${hall.id}`);
  const point = await eventually(FIRST_INTERVAL_MS, "an interval is on record", async () => {
    const answer = await api(commander, "GET", `/sessions/${body.items[0].id}/quality`);
    return answer.body.tracks?.find((t) => t.kind === "video")?.points.find((p) => p.bitrate_bps > 0);
  });
  assert.ok(point.rtt_ms !== null && point.rtt_ms < 1_000, JSON.stringify(point));
  await station.page.close();
  await commander.close();
});

test("the quality curve of a watched picture is on record, drawn, exported, and outlives a kill", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const { sites } = await org(commander);
  const site = sites.find((s) => s.id === office.site_id);
  await commander.goto("/wall");
  await onAir(commander, site.id);
  await pick(commander, site.id, "看画质");
  await moving(commander, site.id);

  // T lays the figures over the tile.
  await commander.keyboard.press("t");
  await tile(commander, site.id).getByText(/抖动 \d+ ms/).waitFor({ timeout: 10_000 });
  const figures = await tile(commander, site.id).innerText();
  assert.match(figures, /\d+×\d+/);
  assert.match(figures, /\d+ fps/);
  assert.match(figures, /kbit\/s/);
  assert.match(figures, /丢包 [\d.]+ %/);
  assert.match(figures, /往返 \d+ ms/);
  assert.match(figures, /无卡顿|卡顿 \d+ 次/);

  const { body } = await api(commander, "GET", `/sessions?site_id=${site.id}`);
  const [session] = body.items;
  const video = (quality) => quality.tracks.find((t) => t.kind === "video");
  const seen = (quality) => video(quality)?.points.find((p) => p.bitrate_bps > 0 && p.viewers?.bitrate_bps > 0);
  const quality = await eventually(FIRST_INTERVAL_MS, "an interval is on record", async () => {
    const answer = await api(commander, "GET", `/sessions/${session.id}/quality`);
    return answer.status === 200 && seen(answer.body) && answer.body;
  });
  const point = seen(quality);
  assert.ok(point.width >= 160 && point.height >= 90, JSON.stringify(point));
  assert.ok(point.bitrate_bps > 10_000 && point.bitrate_bps < 20_000_000, JSON.stringify(point));
  assert.equal(point.viewers.viewers, 1);
  assert.ok(point.viewers.rtt_worst_ms !== null && point.viewers.rtt_worst_ms < 1_000, JSON.stringify(point));
  assert.ok(point.to_ms > point.from_ms && point.to_ms - point.from_ms <= 12_000);

  // Whoever may not read the session learns nothing of it.
  const staff = await logIn(browser, installation.base, "gongzuoyuan");
  assert.equal((await api(staff, "GET", `/sessions/${session.id}/quality`)).status, 403);

  await installation.kill();
  await installation.start();
  const kept = await eventually(10_000, "the record after the restart", async () => {
    const answer = await api(commander, "GET", `/sessions/${session.id}/quality`);
    return answer.status === 200 && answer.body;
  });
  assert.deepEqual(seen(kept), point, "what was on record is there");

  await commander.goto(`/records/${session.id}`);
  const curve = commander.locator('[data-quality-track="video"]');
  await curve.waitFor();
  const drawn = await curve.locator("svg path").first().getAttribute("d");
  assert.match(drawn, /^M[\d.]+ [\d.]+/);
  await curve.locator("svg").first().hover();
  await curve.getByText(/观看 1 路/).waitFor();
  if (process.env.SCREENS) {
    for (const [name, width, height] of [["wide", 1440, 900], ["phone", 390, 844]]) {
      await commander.setViewportSize({ width, height });
      await curve.scrollIntoViewIfNeeded();
      await commander.screenshot({ path: `${process.env.SCREENS}/quality-${name}.png`, fullPage: true });
    }
  }
  const csv = await commander.request.get(`/api/v1/sessions/${session.id}/quality.csv`);
  assert.equal(csv.status(), 200);
  const lines = (await csv.text()).trim().split("\r\n");
  assert.equal(lines.length, 1 + kept.tracks.reduce((sum, t) => sum + t.points.length, 0));
  assert.ok(lines[1].startsWith(session.number));
});
