// A case from the first tap to paper: the request names it, the assistance is held, frozen, drawn and written in, closed and judged; the number leads to
// all of it, live and printed; a wrong link is withdrawn and seen to be.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SHOTS, api, launch, shot } from "./harness/browser.mjs";
import { enrol, logIn, org } from "./harness/people.mjs";
import { eventually, Installation } from "./harness/server.mjs";

const NUMBER = "晋医人调字[2019]011号";
/** As somebody else writes it. */
const SPELLED = "晋医人调字（2019）11号";
const PDF = "%PDF-1.4\n% 调解协议\n";
/** Browsers, server and whatever else runs share the machine. */
const BOUND_MS = 15_000;
let installation, browser, operator, chief, head, station, endpoint, session;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  browser = await launch();
  const admin = await logIn(browser, installation.base, "sysadmin");
  operator = await logIn(browser, installation.base, "zhibanyuan");
  chief = await logIn(browser, installation.base, "zhibanzhang");
  head = await logIn(browser, installation.base, "suozhang");
  const tree = await org(operator);
  const site = tree.sites.find((one) => one.name === "张贵庄街道司法所");
  ({ page: station, endpointId: endpoint } = await enrol(browser, installation.base, admin, site.id, "案件测试机"));
  await admin.close();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

const lines = (page, kind) => page.locator(`[data-timeline] li[data-kind="${kind}"]`);

test("the request names the case, and its session belongs to it from the first moment, live", async () => {
  const raised = await api(station, "POST", "/station/requests", {
    sentence: "邻里漏水纠纷", case_number: NUMBER, case_kind: "mediation", asker: "杨静",
  });
  assert.equal(raised.status, 201, JSON.stringify(raised));
  // The number at the desk leads to the case.
  await operator.goto(`/desk/${raised.body.id}`);
  await operator.locator(`aside [data-case="${NUMBER}"]`).last().click();
  await operator.locator('[data-case-number="晋医人调字(2019)11号"]').waitFor({ timeout: BOUND_MS });
  await lines(operator, "request").getByText("杨静发起求助：邻里漏水纠纷").waitFor();
  assert.equal(await lines(operator, "session").count(), 0);
  await shot(operator, "case-first");

  // The chief has the case open, too, and sees it grow by itself while the operator answers.
  await chief.goto(`/cases/${encodeURIComponent(SPELLED)}`);
  await lines(chief, "request").first().waitFor({ timeout: BOUND_MS });
  await operator.locator("[data-ringing]").waitFor({ timeout: BOUND_MS });
  await operator.locator("[data-ringing]").getByRole("button", { name: /接\s*听/ }).click();
  await operator.waitForURL(/\/session\//, { timeout: BOUND_MS });
  session = new URL(operator.url()).pathname.split("/").pop();
  await lines(chief, "session").first().waitFor({ timeout: BOUND_MS });
  await lines(chief, "link").getByText(NUMBER).waitFor({ timeout: BOUND_MS });

  await operator.locator('[data-mode="join"][data-link="connected"]').waitFor({ timeout: BOUND_MS });
  const picture = operator.locator(`[data-party="${endpoint}"] video`).first();
  await eventually(15_000, "the office's picture is there", async () => (await picture.count()) > 0 && (await picture.evaluate((v) => v.videoWidth > 0)));
  await operator.keyboard.press("f");
  const board = operator.locator("[data-board] svg[data-strokes]");
  await board.waitFor({ timeout: BOUND_MS });
  const box = await board.boundingBox();
  await operator.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
  await operator.mouse.down();
  await operator.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 6 });
  await operator.mouse.up();
  await eventually(BOUND_MS, "the stroke stands", async () => (await board.getAttribute("data-strokes")) === "1");
  await operator.getByRole("button", { name: "请把镜头固定，对准材料。" }).click();
  await lines(chief, "drawing").locator('svg[data-strokes="1"]').waitFor({ timeout: BOUND_MS });
  await lines(chief, "note").getByText("请把镜头固定，对准材料。").waitFor({ timeout: BOUND_MS });
  // Files go both ways; what lies about itself is refused by name, and what is written stays.
  const pick = (page) => page.locator('input[type="file"]');
  await operator.getByRole("textbox", { name: "文字" }).fill("还没写完");
  await pick(operator).setInputFiles({ name: "协议.pdf", mimeType: "application/pdf", buffer: Buffer.from("MZ not a document\0") });
  await operator.locator('[data-refused="协议.pdf"]').getByText("只接受 PDF").waitFor({ timeout: BOUND_MS });
  assert.equal(await operator.getByRole("textbox", { name: "文字" }).inputValue(), "还没写完");
  await pick(operator).setInputFiles({ name: "大.txt", mimeType: "text/plain", buffer: Buffer.alloc(20 * 1024 * 1024 + 1, 97) });
  await operator.locator('[data-refused="大.txt"]').getByText("最多 20 MiB").waitFor({ timeout: BOUND_MS });
  // On a slow line it shows how far it is, and can be stopped: nothing of it is kept, and the next one can be sent.
  const line = await operator.context().newCDPSession(operator);
  const speed = (bytes_s) => line.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes_s });
  await speed(100_000);
  await pick(operator).setInputFiles({ name: "慢.txt", mimeType: "text/plain", buffer: Buffer.alloc(4 * 1024 * 1024, 97) });
  const sending = operator.locator('[data-sending="慢.txt"]');
  await eventually(BOUND_MS, "it shows how far it is", async () => /慢\.txt，[1-9]\d*%/.test(await sending.innerText()));
  await sending.getByRole("button", { name: /取\s*消/ }).click();
  await sending.waitFor({ state: "detached", timeout: BOUND_MS });
  await speed(-1);
  await pick(operator).setInputFiles({ name: "调解协议.pdf", mimeType: "application/pdf", buffer: Buffer.from(PDF) });
  await station.locator('[data-file="调解协议.pdf"]').waitFor({ timeout: BOUND_MS });
  await pick(station).setInputFiles({ name: "情况说明.txt", mimeType: "text/plain", buffer: Buffer.from("邻居漏水三日") });
  const link = operator.locator('aside [data-file="情况说明.txt"]');
  await link.waitFor({ timeout: BOUND_MS });
  const [download] = await Promise.all([operator.waitForEvent("download"), link.click()]);
  assert.equal(download.suggestedFilename(), "情况说明.txt");
  const stream = await download.createReadStream();
  assert.equal(Buffer.concat(await stream.toArray()).toString(), "邻居漏水三日");
  const answer = await station.request.get(await station.locator('[data-file="调解协议.pdf"]').getAttribute("href"));
  assert.equal((await answer.body()).toString(), PDF);
  assert.match(answer.headers()["content-disposition"], /^attachment; filename="file\.pdf"; filename\*=UTF-8''%/);
  assert.equal(answer.headers()["x-content-type-options"], "nosniff");
  await lines(chief, "file").locator('[data-file="调解协议.pdf"]').waitFor({ timeout: BOUND_MS });
  const { files } = (await api(operator, "GET", `/sessions/${session}/marks`)).body;
  assert.deepEqual(files.map((file) => file.name), ["调解协议.pdf", "情况说明.txt"], "nothing of what was stopped");
  await shot(operator, "session-files");
  await shot(station, "station-files");
  operator.problems.length = 0;
  const ended = await api(operator, "POST", `/sessions/${session}/end`, { note: "已说明处理办法" });
  assert.ok(ended.status < 300, JSON.stringify(ended));
  const request = raised.body.id;
  const finished = await api(operator, "POST", `/requests/${request}/steps`, { action: "finish", result: "双方同意调解" });
  assert.ok(finished.status < 300, JSON.stringify(finished));
  for (const step of [{ action: "confirm" }, { action: "evaluate", grade: "satisfied", text: "" }]) {
    const done = await api(station, "POST", `/station/requests/${request}/steps`, step);
    assert.ok(done.status < 300, JSON.stringify(done));
  }
  await lines(chief, "rating").getByText("评价：满意").waitFor({ timeout: BOUND_MS });
});

test("any spelling finds it, filters narrow it, and it fits a phone", async () => {
  await operator.goto("/records");
  await operator.getByLabel("按案号打开案件").fill(SPELLED);
  await operator.getByLabel("按案号打开案件").press("Enter");
  await operator.locator('[data-case-number="晋医人调字(2019)11号"]').waitFor();
  for (const kind of ["request", "session", "attendance", "drawing", "note", "file", "link", "rating"]) await lines(operator, kind).first().waitFor();
  await shot(operator, "case-1440");
  await operator.getByText(/^文字 \d+$/).click();
  await lines(operator, "request").first().waitFor({ state: "detached" });
  assert.ok((await lines(operator, "note").count()) >= 1);
  assert.match(operator.url(), /kinds=note/);
  await operator.getByRole("button", { name: "清除筛选" }).click();
  await lines(operator, "request").first().waitFor();
  await operator.setViewportSize({ width: 390, height: 844 });
  const wide = await operator.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `the page is ${wide} px wide on a phone`);
  await shot(operator, "case-390");
  await operator.setViewportSize({ width: 1440, height: 900 });
  // Nothing has this number: said so, and how to go on.
  await operator.goto(`/cases/${encodeURIComponent("宣传2026-404")}`);
  await operator.getByText("没有与 宣传2026-404 有关的记录").waitFor();
  await shot(operator, "case-none");
});

test("printed on A4 with number, time and name, and on the audit's record", async () => {
  await operator.goto(`/cases/${encodeURIComponent(NUMBER)}`);
  await lines(operator, "request").first().waitFor();
  await operator.evaluate(() => {
    window.print = () => {
      window.__printed = true;
    };
  });
  await operator.getByRole("button", { name: /打\s*印/ }).click();
  await operator.waitForFunction(() => window.__printed === true);
  const paper = await operator.locator("[data-paper]").innerText().catch(() => "");
  const text = paper || (await operator.locator("[data-paper]").textContent());
  for (const said of [NUMBER, "李明", "打印", "杨静发起求助：邻里漏水纠纷", "请把镜头固定，对准材料。", "调解协议.pdf", "评价：满意"]) assert.ok(text.includes(said), `${said} is on paper`);
  await operator.emulateMedia({ media: "print" });
  assert.equal(await operator.locator("#root").isVisible(), false, "nothing of the screen is printed");
  assert.equal(await operator.locator("[data-paper]").evaluate((e) => getComputedStyle(e).color), "rgb(0, 0, 0)");
  assert.equal(await operator.locator("[data-paper] svg[data-strokes]").getAttribute("data-strokes"), "1");
  const pdf = await operator.pdf({ preferCSSPageSize: true, ...(SHOTS ? { path: `${SHOTS}/case.pdf` } : {}) });
  assert.match(pdf.subarray(0, 8).toString("latin1"), /%PDF/);
  await operator.emulateMedia({ media: null });
  await operator.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  await operator.locator("[data-paper]").waitFor({ state: "detached" });
  const auditor = await logIn(browser, installation.base, "auditor").catch(() => null);
  assert.ok(auditor, "the audit administrator is there");
  const rows = (await api(auditor, "GET", "/audit?action=case.print")).body.items;
  assert.equal(rows.length, 1);
  assert.equal(rows[0].actor, "李明");
  // Another street's head is refused, and that is on record too.
  const refused = await api(head, "GET", `/cases/by-number?number=${encodeURIComponent(NUMBER)}`);
  assert.equal(refused.status, 403);
  const all = (await api(auditor, "GET", "/audit?action=case.read")).body.items;
  assert.ok(all.some((row) => row.result === "refused"), "the refusal is on record");
  await auditor.close();
});

test("a wrong link is withdrawn with a reason and stays in sight", async () => {
  await operator.goto(`/cases/${encodeURIComponent(NUMBER)}`);
  await operator.getByRole("button", { name: "撤销", exact: true }).or(operator.getByRole("button", { name: "撤 销" })).first().click();
  const dialog = operator.getByRole("dialog");
  await dialog.getByRole("button", { name: "确定撤销" }).click();
  await dialog.getByText("请写明撤销原因").waitFor();
  await dialog.getByLabel("撤销原因").fill("案号录错");
  await dialog.getByRole("button", { name: "确定撤销" }).click();
  await dialog.waitFor({ state: "detached" });
  await lines(operator, "link").filter({ hasText: "案号录错" }).waitFor({ timeout: BOUND_MS });
  await operator.locator('[data-timeline] li[data-kind="session"][data-withdrawn]').first().waitFor();
  assert.equal(await lines(operator, "note").count(), 0, "what was written is none of this case's any more");
  await shot(operator, "case-withdrawn");
  assert.deepEqual(operator.problems, []);
});
