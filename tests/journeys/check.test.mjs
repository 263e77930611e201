// The pre-shift check: ten seconds, everything green, kept; at a workstation, and for whoever has an account.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness/browser.mjs";
import { allGood, row, runCheck } from "./harness/check.mjs";
import { enrol, logIn, org, PASSWORD } from "./harness/people.mjs";
import { Installation } from "./harness/server.mjs";

const WHOLE_MS = 15_000;

let installation, browser;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

test("a workstation's clerk checks beside the page that stands by, and finds the result again", async () => {
  const admin = await logIn(browser, installation.base, "sysadmin");
  const { sites } = await org(admin);
  const site = sites.find((s) => s.name === "华明街道司法所");
  const { page: station } = await enrol(browser, installation.base, admin, site.id, "自检工位");
  const problems = station.problems.length;
  const opened = station.waitForEvent("popup");
  await station.getByRole("button", { name: "更多" }).click();
  await station.getByRole("menuitem", { name: "岗前自检" }).click();
  const check = await opened;
  await check.getByText("还没有做过自检").waitFor();
  const took = await runCheck(check);
  await allGood(check);
  assert.ok(took <= WHOLE_MS, `took ${took} ms`);
  assert.equal(await station.locator('[data-on-air="true"]').count(), 1, "the workstation stood by all the time");
  await check.reload();
  await check.getByText(/上次自检：.*，正常/).waitFor();
  assert.equal((await row(check, "udp")).verdict, "good");
  assert.deepEqual(station.problems.slice(problems), []);
});

test("a member of the staff checks on a narrow screen, by the keyboard alone", async () => {
  const page = await logIn(browser, installation.base, "gongzuoyuan", PASSWORD, { width: 390, height: 844 });
  await page.getByRole("button", { name: /菜单/ }).click();
  await page.getByRole("menuitem", { name: "岗前自检" }).click();
  await page.getByText("还没有做过自检").waitFor();
  const start = page.getByRole("button", { name: "开始自检" });
  await start.focus();
  await page.keyboard.press("Enter");
  // The question takes the focus: Enter says yes.
  const yes = page.getByRole("button", { name: "听到了", exact: true });
  await yes.waitFor({ timeout: WHOLE_MS });
  assert.ok(await yes.evaluate((button) => button === document.activeElement));
  await page.keyboard.press("Enter");
  await page.locator('[data-check-kept="true"]').waitFor({ timeout: WHOLE_MS });
  await allGood(page);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing is wider than the screen");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "复制结果" }).click();
  await page.getByText("结果已复制").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /\[正常\] 音视频走 UDP {2}端口 \d+ 通/);
  assert.deepEqual(page.problems, []);
});

test("a run that is stopped keeps nothing, and can be begun anew", async () => {
  const page = await logIn(browser, installation.base, "dudao");
  await page.goto("/check");
  await page.getByRole("button", { name: "开始自检" }).click();
  await page.getByRole("button", { name: "停止" }).click();
  await page.getByText("已停止").waitFor();
  await page.reload();
  await page.getByText("还没有做过自检").waitFor();
  await runCheck(page);
  await allGood(page);
});

test("lianxian doctor finds nothing wrong, on the server and at the line", async () => {
  const { findings, text, code } = await installation.doctor("--config", installation.config);
  assert.equal(code, 0, text);
  for (const topic of ["config", "data_dir", "database", "certificate", "listen", "media_port", "https", "server", "link", "clock", "udp", "tcp"]) {
    assert.equal(findings.find((finding) => finding.topic === topic)?.verdict, "good", `${topic}\n${text}`);
  }
  assert.match(text, /正由运行中的服务使用/);
  const nowhere = await installation.doctor("--address", "https://127.0.0.1:9");
  assert.notEqual(nowhere.code, 0);
  assert.match(nowhere.text, /到不了 https:\/\/127\.0\.0\.1:9/);
});
