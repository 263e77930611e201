// Whoever has no right gets nothing, hears why, and leaves exactly one audit row.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch } from "./harness/browser.mjs";
import { logIn, org } from "./harness/people.mjs";
import { Installation } from "./harness/server.mjs";

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

async function refusals(auditor) {
  const { status, body } = await api(auditor, "GET", "/audit?result=refused");
  assert.equal(status, 200);
  return body.items.length;
}

test("staff of a street cannot open the wall, nor watch by asking the server", async () => {
  const staff = await logIn(browser, installation.base, "gongzuoyuan");
  const auditor = await logIn(browser, installation.base, "auditor");
  await staff.goto("/wall");
  await staff.getByText(/没有权限|无权/).first().waitFor();
  assert.equal(await staff.locator("[data-site-id]").count(), 0);

  const before = await refusals(auditor);
  const watch = await api(staff, "POST", "/watches", { purpose: "好奇" });
  assert.equal(watch.status, 403);
  assert.ok(watch.body.code && watch.body.detail_zh && watch.body.detail_en);
  assert.equal(await refusals(auditor), before + 1);
});

test("a record outside one's scope is refused, once on record", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const staff = await logIn(browser, installation.base, "gongzuoyuan");
  const auditor = await logIn(browser, installation.base, "auditor");
  const own = new Set((await org(staff)).sites.map((s) => s.id));
  const { sites } = await org(commander);
  const foreign = sites.find((s) => !own.has(s.id) && s.id !== office.site_id) ?? sites.find((s) => !own.has(s.id));
  assert.ok(foreign, "the staff's scope is smaller than the district");
  const watch = await api(commander, "POST", "/watches", { purpose: "核对" });
  const link = await api(commander, "POST", "/link/tokens", { tab: "t" });
  const opened = await api(commander, "POST", `/watches/${watch.body.id}/sites`, {
    site_ids: [foreign.id],
    endpoint_id: link.body.identity,
  });
  const session = opened.body[0].session;
  assert.ok(session, JSON.stringify(opened.body));

  const before = await refusals(auditor);
  const read = await api(staff, "GET", `/sessions/${session.id}`);
  assert.equal(read.status, 403);
  assert.equal(await refusals(auditor), before + 1);
});

test("the three administrators cannot do each other's work", async () => {
  const system = await logIn(browser, installation.base, "sysadmin");
  const auditor = await logIn(browser, installation.base, "auditor");
  assert.equal((await api(system, "GET", "/audit")).status, 403);
  assert.equal((await api(auditor, "POST", "/org/units", { name: "x", level: "street", parent_id: null, code: "x" })).status, 403);
  await auditor.goto("/audit");
  await auditor.getByRole("heading", { name: /审计/ }).or(auditor.getByText(/审计/).first()).first().waitFor();
});

test("five wrong passwords lock the account, and the page says until when", async () => {
  const page = await logIn(browser, installation.base, "zhihuizhang");
  await page.context().clearCookies();
  for (let n = 0; n < 5; n++) {
    const { status } = await api(page, "POST", "/logins", { account: "dudao", password: "Wrong@2026" });
    assert.equal(status, 401);
  }
  const locked = await api(page, "POST", "/logins", { account: "dudao", password: "Lianxian@2026" });
  assert.equal(locked.status, 401);
  assert.equal(locked.body.code, "account_locked");
});
