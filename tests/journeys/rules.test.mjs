// The district sets its own rules for help requests: a value out of bounds is refused by name, the ladder is shortened, and the next
// unanswered call climbs by it; what was open keeps its rules, and an earlier version can be taken back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch, shot } from "./harness/browser.mjs";
import { enrol, logIn, org } from "./harness/people.mjs";
import { eventually, Installation } from "./harness/server.mjs";

const BOUND_MS = 15_000;
let installation, browser, chief, operator, station;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  browser = await launch();
  const admin = await logIn(browser, installation.base, "sysadmin");
  chief = await logIn(browser, installation.base, "zhibanzhang");
  operator = await logIn(browser, installation.base, "zhibanyuan");
  const site = (await org(operator)).sites.find((one) => one.name === "张贵庄街道司法所");
  station = (await enrol(browser, installation.base, admin, site.id, "规则测试机")).page;
  await admin.close();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

const field = (name) => chief.getByLabel(name, { exact: true });
const rules = async () => (await api(chief, "GET", "/request-rules")).body;

test("what is out of its bounds is refused by name and stays in the form; a good value is a version", async () => {
  await chief.goto("/duty?tab=rules");
  await field("呼叫值班长").fill("2");
  await chief.getByRole("button", { name: "保存为新版" }).click();
  await chief.getByText("呼叫值班长须在 5 秒到 10 分钟之间").waitFor({ timeout: BOUND_MS });
  assert.equal(await field("呼叫值班长").inputValue(), "2", "what was typed is still there");
  await shot(chief, "rules-refused", { fullPage: true });
  await field("呼叫值班长").fill("5");
  await field("呼叫带班领导").fill("600");
  await field("一般 响应").fill("2");
  await chief.getByRole("button", { name: "保存为新版" }).click();
  await chief.locator('[data-rules-version="1"]').waitFor({ timeout: BOUND_MS });
  assert.deepEqual((await rules()).rules.ladder, { chief_ms: 5_000, leader_ms: 600_000 });
  assert.deepEqual((await rules()).rules.ordinary.response, { working_days: 2 });
  await shot(chief, "rules", { fullPage: true });
  await chief.setViewportSize({ width: 390, height: 844 });
  await shot(chief, "rules-390", { fullPage: true });
  await chief.setViewportSize({ width: 1440, height: 900 });
  // Whoever only reads the roster reads them, and sets none.
  await operator.goto("/duty?tab=rules");
  await operator.locator('[data-rules-version="1"]').waitFor({ timeout: BOUND_MS });
  assert.equal(await operator.getByRole("button", { name: "保存为新版" }).count(), 0);
});

test("the next call that nobody answers climbs after five seconds", async () => {
  await operator.goto("/desk");
  await chief.goto("/desk");
  await station.getByRole("button", { name: /一键求助/ }).click();
  await operator.locator("[data-ringing]").waitFor({ timeout: BOUND_MS });
  await chief.locator("[data-ringing]").waitFor({ timeout: BOUND_MS });
  const [request] = (await api(station, "GET", "/station/requests")).body;
  const { calls } = (await api(chief, "GET", `/requests/${request.id}`)).body;
  assert.deepEqual(calls.map((call) => call.rung), ["seats", "chief"]);
  assert.ok(calls[1].at_ms - calls[0].at_ms < 14_000, `the chief was rung ${calls[1].at_ms - calls[0].at_ms} ms after the seats`);
});

test("the defaults are put back as the next version, told live to whoever has the page open", async () => {
  await operator.goto("/duty?tab=rules");
  await operator.locator('[data-rules-version="1"]').waitFor({ timeout: BOUND_MS });
  await chief.goto("/duty?tab=rules");
  await chief.getByRole("button", { name: "恢复默认" }).click();
  await chief.getByRole("button", { name: "保存为新版" }).click();
  await Promise.all([chief, operator].map((page) => page.locator('[data-rules-version="2"]').waitFor({ timeout: BOUND_MS })));
  await eventually(BOUND_MS, "the defaults hold", async () => (await rules()).rules.ladder.chief_ms === 15_000);
});
