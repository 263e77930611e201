// The system administrator sets what case numbers look like: a format that does not take its example is refused and stays in the form, a
// good one holds for the next number that is written.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch, shot } from "./harness/browser.mjs";
import { enrol, logIn, org } from "./harness/people.mjs";
import { eventually, Installation } from "./harness/server.mjs";

const BOUND_MS = 15_000;
const FORMAT = String.raw`东丽人调字\(\d{4}\)\d+号`;
let installation, browser, admin, operator;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  browser = await launch();
  admin = await logIn(browser, installation.base, "sysadmin");
  operator = await logIn(browser, installation.base, "zhibanyuan");
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

test("a format that does not take its example is refused and stays; a good one holds at once", async () => {
  await admin.goto("/org");
  await admin.getByText("案号格式", { exact: true }).click();
  const formats = admin.locator("[data-case-format]");
  await formats.first().waitFor({ timeout: BOUND_MS });
  assert.equal(await formats.count(), 12);
  assert.equal(await admin.locator('[data-fit="fits"]').count(), 12, "each takes its example, as the page reads it too");
  await shot(admin, "formats", { fullPage: true });

  const mediation = admin.locator('[data-case-format="mediation"]');
  await mediation.getByRole("button", { name: "修改人民调解的案号格式" }).click();
  await mediation.getByLabel("人民调解 格式").fill(FORMAT);
  await mediation.locator('[data-fit="unlike"]').waitFor();
  await mediation.getByRole("button", { name: /保\s*存/ }).click();
  await mediation.getByText("格式有误，或与示例不符").waitFor({ timeout: BOUND_MS });
  assert.equal(await mediation.getByLabel("人民调解 格式").inputValue(), FORMAT, "what was typed is still there");
  await shot(admin, "formats-refused", { fullPage: true });
  await admin.setViewportSize({ width: 390, height: 844 });
  await shot(admin, "formats-390");
  await admin.setViewportSize({ width: 1440, height: 900 });

  await mediation.getByLabel("人民调解 示例").fill("东丽人调字〔2026〕008号");
  await mediation.locator('[data-fit="fits"]').waitFor();
  await mediation.getByRole("button", { name: /保\s*存/ }).click();
  await mediation.locator("code").getByText(FORMAT).waitFor({ timeout: BOUND_MS });

  const site = (await org(operator)).sites.find((one) => one.name === "张贵庄街道司法所");
  const station = (await enrol(browser, installation.base, admin, site.id, "案号测试机")).page;
  const ask = (case_number) => api(station, "POST", "/station/requests", { case_number, case_kind: "mediation" });
  const other = await ask("西青人调字〔2026〕1号");
  assert.deepEqual([other.status, /东丽人调字/.test(other.body.detail_zh)], [422, true], JSON.stringify(other.body));
  const own = await ask("东丽人调字〔2026〕9号");
  assert.equal(own.status, 201, JSON.stringify(own.body));
  await eventually(BOUND_MS, "the operator is rung", async () => (await operator.locator("[data-ringing]").count()) === 1);
});

test("whoever does not manage places does not come to the formats", async () => {
  const refused = await api(operator, "PUT", "/cases/patterns/mediation", { pattern: ".*", example: "1" });
  assert.equal(refused.status, 403);
  await operator.goto("/org?tab=formats");
  assert.equal(await operator.locator("[data-case-format]").count(), 0);
});
