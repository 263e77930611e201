// A commander watches an office and a workstation live; the workstation knows; all of it is on record.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch } from "./harness/browser.mjs";
import { enrol, logIn, moving, onAir, org, pick, tile } from "./harness/people.mjs";
import { Installation, eventually } from "./harness/server.mjs";

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

test("the commander watches, the site knows, the record has it", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const admin = await logIn(browser, installation.base, "sysadmin");
  const { sites, endpoints } = await org(admin);
  const officeSite = sites.find((s) => s.id === office.site_id);
  const otherSite = sites.find((s) => s.kind === "hall" && s.id !== officeSite.id && !endpoints.some((e) => e.site_id === s.id && e.enrolled));
  const station = await enrol(browser, installation.base, admin, otherSite.id, "前台一号机");

  await commander.goto("/wall");
  await onAir(commander, officeSite.id);
  await onAir(commander, otherSite.id);

  await pick(commander, officeSite.id, "每日视频巡查");
  await moving(commander, officeSite.id);
  await pick(commander, otherSite.id);
  const picked = Date.now();
  await station.page.locator("[data-watcher-session]").first().waitFor({ timeout: 1_500 });
  const banner = Date.now() - picked;
  assert.ok(banner <= 1_000, `the banner came after ${banner} ms`);
  const said = await station.page.locator("[data-watcher-session]").first().innerText();
  assert.match(said, /每日视频巡查/);
  await moving(commander, otherSite.id);
  await tile(commander, otherSite.id).and(commander.locator('[data-state="live"]')).waitFor();

  // The register has one open row for each site.
  const register = await api(commander, "GET", `/register?site_id=${otherSite.id}`);
  assert.equal(register.status, 200);
  assert.equal(register.body.items.length, 1);
  assert.equal(register.body.items[0].purpose, "每日视频巡查");
  assert.equal(register.body.items[0].to_ms, null);

  // The session is linked to a case while it runs, by the form beside the wall.
  await tile(commander, otherSite.id).click();
  await commander.getByLabel("案号").fill("晋医人调字[2019]011号");
  await commander.getByRole("button", { name: /关\s*联/ }).click();
  const session = await eventually(15_000, "the case link is on record", async () => {
    const { body } = await api(commander, "GET", `/sessions?site_id=${otherSite.id}`);
    return body.items.find((s) => s.cases.length === 1);
  });
  assert.equal(session.kind, "patrol");
  const found = await api(commander, "GET", `/sessions?case=${encodeURIComponent("晋医人调字〔2019〕011号")}`);
  assert.deepEqual(found.body.items.map((s) => s.id), [session.id], "the case is found by its other spelling");

  // Ending the session closes every interval, and takes the banner down.
  const ended = await api(commander, "POST", `/sessions/${session.id}/end`, {});
  assert.ok(ended.status < 300);
  await station.page.locator("[data-watcher-session]").first().waitFor({ state: "detached", timeout: 15_000 });
  const { body } = await api(commander, "GET", `/sessions/${session.id}`);
  assert.equal(body.state, "ended");
  assert.ok(body.attendances.length >= 2 && body.attendances.every((a) => a.left_ms >= a.joined_ms));
  assert.ok(body.tracks.some((t) => t.kind === "video"));
  assert.ok(body.register.every((r) => r.to_ms >= r.from_ms));

  // The watched site reads the same row in its own ledger.
  const ledger = await station.page.request.get("/api/v1/station/ledger");
  assert.equal(ledger.status(), 200);
  const rows = (await ledger.json()).items;
  assert.deepEqual(rows.map((r) => [r.session_id, r.purpose]), [[session.id, "每日视频巡查"]]);
  assert.deepEqual(commander.problems, []);
});

test("the privacy switch stops the picture and says why", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const admin = await logIn(browser, installation.base, "sysadmin");
  const { sites, endpoints } = await org(admin);
  const site = sites.find((s) => s.kind === "hall" && s.id !== office.site_id && !endpoints.some((e) => e.site_id === s.id));
  const station = await enrol(browser, installation.base, admin, site.id, "隐私测试机");
  await commander.goto("/wall");
  await onAir(commander, site.id);
  await pick(commander, site.id, "检查");
  await moving(commander, site.id);
  await station.page.getByRole("switch", { name: /隐私/ }).click();
  const dialog = station.page.getByRole("dialog");
  await dialog.getByLabel(/原因/).fill("正在调解");
  await dialog.getByRole("button", { name: /确\s*定|开\s*启/ }).click();
  await tile(commander, site.id).and(commander.locator('[data-state="privacy"]')).waitFor({ timeout: 15_000 });
  assert.match(await tile(commander, site.id).innerText(), /正在调解/);
  await station.page.getByRole("switch", { name: /隐私/ }).click();
  await moving(commander, site.id);
});
