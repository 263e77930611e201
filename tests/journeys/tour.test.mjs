// A tour on the wall: groups of sites follow one another by themselves and by keys, each comes on moving because it was made ready,
// being made ready counts as being watched, and a site that is away says why.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch } from "./harness/browser.mjs";
import { noteConnections } from "./harness/connections.mjs";
import { leave, ms, percentile } from "./harness/figures.mjs";
import { enrol, logIn, moving, onAir, org } from "./harness/people.mjs";
import { Installation, eventually } from "./harness/server.mjs";

const AIM_MS = 300;
/** Six decoders, a debug server and the browser share the machine: here only what is broken is caught. */
const BOUND_MS = 3_000;
const SWITCHES = 6;
const DWELL_MS = 5_000;
/** Picture and sound of six sites, and as many again that left and are not yet free. */
const MOST_SECTIONS = 24;
const PURPOSE = "每日轮巡";
let installation, browser, offices, commander, sites;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  offices = await installation.startOffices(6);
  browser = await launch();
  commander = await logIn(browser, installation.base, "zhihuizhang");
  ({ sites } = await org(commander));
  await noteConnections(commander);
  await commander.goto("/wall");
  for (const office of offices) await onAir(commander, office.site_id);
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

const bar = () => commander.locator("[data-tour-group]");
const group = (n) => commander.locator(`[data-tour-group="${n}"]`);
const shown = () => commander.locator("[data-tile-site]").evaluateAll((tiles) => tiles.map((tile) => tile.dataset.tileSite).sort());
const sessionsOf = async (site) => (await api(commander, "GET", `/sessions?site_id=${site}&limit=100`)).body.items;

/** From now on, of each change of the tiles: when it came, and for each new tile when its first frame after it was presented. */
async function watchSwitches() {
  await commander.evaluate(() => {
    const standing = () => new Set([...document.querySelectorAll("[data-tile-site]")].map((tile) => tile.dataset.tileSite));
    window.switches = [];
    let before = standing();
    new MutationObserver(() => {
      const now = standing();
      const fresh = [...now].filter((site) => !before.has(site));
      const gone = [...before].filter((site) => !now.has(site));
      before = now;
      if (fresh.length + gone.length === 0) return;
      const started = performance.now();
      const change = { at: Date.now(), started, fresh, gone, frames: {} };
      window.switches.push(change);
      for (const site of fresh) {
        document.querySelector(`[data-tile-site="${site}"] video`).requestVideoFrameCallback(() => {
          change.frames[site] = performance.now() - started;
        });
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-tile-site"] });
  });
}

const switches = () => commander.evaluate(() => window.switches);

test("a tour begins with its purpose, and the groups follow one another, moving from the first moment", async () => {
  await commander.getByRole("button", { name: "轮巡", exact: true }).click();
  const dialog = commander.getByRole("dialog", { name: "轮巡" });
  await dialog.getByText("4", { exact: true }).click();
  const dwell = dialog.getByLabel("停留");
  await dwell.fill("4");
  await dialog.getByText("停留时间须为 5–300 秒的整数").waitFor();
  assert.ok(await dialog.getByRole("button", { name: "开始轮巡" }).isDisabled(), "four seconds are too short");
  await dwell.fill("5");
  await dialog.getByText(/6 个场所，2 组/).waitFor();
  await dialog.getByRole("button", { name: "开始轮巡" }).click();
  const purpose = commander.getByRole("dialog", { name: "开始巡查" });
  await purpose.getByLabel("事由").fill(PURPOSE);
  await purpose.getByRole("button", { name: /开\s*始/ }).click();
  await group(1).waitFor();
  const first = await shown();
  assert.equal(first.length, 4);
  for (const site of first) await moving(commander, site);

  await watchSwitches();
  const seen = await eventually((SWITCHES + 2) * DWELL_MS, `${SWITCHES} changes of the group`, async () => {
    const all = await switches();
    return all.filter((change) => Object.keys(change.frames).length === change.fresh.length).length >= SWITCHES && all;
  });
  for (const { fresh, gone } of seen) assert.equal(fresh.length + gone.length, 6, "a group changes in one change of the page");
  for (let i = 1; i < seen.length; i++) {
    const between = seen[i].at - seen[i - 1].at;
    assert.ok(Math.abs(between - DWELL_MS) < DWELL_MS / 2, `the groups changed after ${between} ms`);
  }
  const times = seen.slice(0, SWITCHES).flatMap((change) => Object.values(change.frames)).sort((a, b) => a - b);
  const p95 = percentile(times, 0.95);
  await leave("tour", [ms("tour switch to first frame, warm, p95", p95, AIM_MS)]);
  assert.ok(p95 <= BOUND_MS, `after a change of the group the pictures came after ${p95.toFixed(0)} ms`);
});

test("P stops the clock, PgDn and PgUp change the group at once", async () => {
  await commander.keyboard.press("p");
  await commander.locator('[data-tour-state="paused"]').waitFor();
  const at = await bar().getAttribute("data-tour-group");
  const other = at === "1" ? "2" : "1";
  const before = await shown();
  await commander.keyboard.press("PageDown");
  await group(other).waitFor();
  const now = await shown();
  assert.ok(now.every((site) => !before.includes(site)));
  for (const site of now) await moving(commander, site);
  await commander.keyboard.press("PageUp");
  await group(at).waitFor();
  for (const site of before) await moving(commander, site);
  assert.deepEqual(await shown(), before);
  // Paused, nobody is watched but those on the wall.
  await eventually(15_000, "only the group is watched", async () => {
    const { body } = await api(commander, "GET", "/sessions?open=true&limit=100");
    return body.items.length === before.length && body.items.every((s) => before.includes(s.site.id));
  });
  await commander.keyboard.press("p");
  await commander.locator('[data-tour-state="running"]').waitFor();
  // Sections of groups that left are used again: a tour of a whole day does not make the link grow.
  const sections = await commander.evaluate(() => Math.max(...window.connections.map((connection) => connection.getTransceivers().length)));
  assert.ok(sections <= MOST_SECTIONS, `${sections} sections`);
  // Turning to a tile makes the tour wait.
  await commander.locator(`[data-tile-site="${before[0]}"]`).click();
  await commander.locator('[data-tour-state="paused"]').waitFor();
});

test("the record has every interval, from the moment a site was made ready", async () => {
  const all = await switches();
  const [change] = all.filter(({ fresh }) => fresh.length === 2);
  for (const site of change.fresh) {
    const rows = (await api(commander, "GET", `/register?site_id=${site}`)).body.items;
    const row = rows.find((r) => r.from_ms < change.at && (r.to_ms ?? Infinity) > change.at);
    assert.ok(row, "the register has the row of this group");
    assert.equal(row.purpose, PURPOSE);
    const ahead = change.at - row.from_ms;
    assert.ok(ahead > 300 && ahead < DWELL_MS, `watched ${ahead} ms before it was shown`);
    assert.ok(row.to_ms - change.at > DWELL_MS / 2 && row.to_ms - change.at < 2 * DWELL_MS, "and until its group left");
  }
  for (const office of offices) {
    const mine = (await sessionsOf(office.site_id)).sort((a, b) => a.started_ms - b.started_ms);
    assert.ok(mine.length >= 2);
    for (let i = 1; i < mine.length; i++) assert.ok(mine[i - 1].ended_ms <= mine[i].started_ms, "two intervals of a site never overlap");
    assert.equal(new Set(mine.map((s) => s.watch_id)).size, 1, "one watch holds the whole tour");
  }
});

test("a site that goes away keeps its tile with the reason; one that comes joins in a later round", async () => {
  await bar().getByRole("button", { name: "停止轮巡" }).click();
  await bar().waitFor({ state: "detached" });
  const admin = await logIn(browser, installation.base, "sysadmin");
  const { endpoints } = await org(admin);
  const [here, late] = sites.filter((s) => s.kind === "hall" && !offices.some((o) => o.site_id === s.id) && !endpoints.some((e) => e.site_id === s.id && e.enrolled));
  const station = await enrol(browser, installation.base, admin, here.id, "轮巡测试机");
  await onAir(commander, here.id);
  // The tour over two ticked offices and the workstation, one at a time.
  const ticked = [offices[0].site_id, offices[1].site_id, here.id];
  for (const site of ticked) await commander.locator(`li:has(> [data-site-id="${site}"])`).getByRole("checkbox").check();
  await commander.getByText("已勾选 3 个").waitFor();
  await commander.getByRole("button", { name: "轮巡", exact: true }).last().click();
  const dialog = commander.getByRole("dialog", { name: "轮巡" });
  await dialog.getByText("1", { exact: true }).click();
  await dialog.getByText(/3 个场所，3 组/).waitFor();
  await dialog.getByRole("button", { name: "开始轮巡" }).click();
  await commander.locator('[data-tour-groups="3"]').waitFor();
  await commander.keyboard.press("p");
  for (let turn = 0; turn < 3 && (await shown())[0] !== here.id; turn++) {
    const at = await bar().getAttribute("data-tour-group");
    await commander.keyboard.press("PageDown");
    await group(String((Number(at) % 3) + 1)).waitFor();
  }
  await moving(commander, here.id);
  await station.page.context().close();
  const tile = commander.locator(`[data-tile-site="${here.id}"][data-state="offline"]`);
  await tile.waitFor({ timeout: 20_000 });
  assert.match(await tile.innerText(), /离线[\s\S]*自 .* 起/);
  // It is shown again with its reason when its turn comes, and passed by no round.
  for (let turn = 0; turn < 3; turn++) {
    const at = await bar().getAttribute("data-tour-group");
    await commander.keyboard.press("PageDown");
    await group(String((Number(at) % 3) + 1)).waitFor();
  }
  await tile.waitFor();
  await bar().getByRole("button", { name: "停止轮巡" }).click();

  // A tour over whoever is on air: who comes on air stands in a later round.
  await commander.getByRole("button", { name: "清除" }).click();
  await commander.getByRole("button", { name: "轮巡", exact: true }).click();
  await dialog.getByText("9", { exact: true }).click();
  await dialog.getByText(/6 个场所，1 组/).waitFor();
  await dialog.getByRole("button", { name: "开始轮巡" }).click();
  await commander.locator('[data-tour-groups="1"]').waitFor();
  await eventually(15_000, "six offices stand", async () => (await shown()).length === 6);
  await enrol(browser, installation.base, admin, late.id, "后来的");
  await onAir(commander, late.id);
  await commander.locator(`[data-tile-site="${late.id}"]`).waitFor({ timeout: 3 * DWELL_MS });
  await moving(commander, late.id);
  assert.deepEqual(commander.problems, []);
});
