// The library at work: a chief adds a law card, a helper sends the card by one press and begins the session's note from
// the template; what was sent stays as it was sent when the card is changed, and the note is in the case.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch, shot } from "./harness/browser.mjs";
import { enrol, logIn, org } from "./harness/people.mjs";
import { eventually, Installation } from "./harness/server.mjs";

const BOUND_MS = 15_000;
const CASE = "津丽法援〔2026〕民字第031号";
const SOURCE = "《人民调解法》第二十二条";
let installation, browser, chief, operator, station, session;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  browser = await launch();
  const admin = await logIn(browser, installation.base, "sysadmin");
  chief = await logIn(browser, installation.base, "zhibanzhang");
  operator = await logIn(browser, installation.base, "zhibanyuan");
  const site = (await org(operator)).sites.find((one) => one.name === "张贵庄街道司法所");
  station = (await enrol(browser, installation.base, admin, site.id, "词条测试机")).page;
  await admin.close();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

const card = (page, text) => page.locator("li[data-card]").filter({ hasText: text });

test("the chief adds a law card; what lacks its source is refused and stays", async () => {
  await chief.goto("/desk");
  await chief.getByRole("button", { name: "词条" }).click();
  await card(chief, "请确认能否听清。").waitFor({ timeout: BOUND_MS });
  await chief.getByText("法条卡", { exact: true }).click();
  await chief.getByRole("button", { name: "新增" }).click();
  await chief.getByLabel("内容").fill("调解员可以采取多种方式说服疏导。");
  await chief.getByRole("button", { name: /保\s*存/ }).click();
  await chief.getByText("请写明出处").waitFor({ timeout: BOUND_MS });
  assert.equal(await chief.getByLabel("内容").inputValue(), "调解员可以采取多种方式说服疏导。");
  await chief.getByLabel(/^出处/).fill(SOURCE);
  await chief.getByRole("button", { name: /保\s*存/ }).click();
  await card(chief, SOURCE).waitFor({ timeout: BOUND_MS });
  await shot(chief, "cards");
  await chief.setViewportSize({ width: 390, height: 844 });
  await shot(chief, "cards-390");
  await chief.setViewportSize({ width: 1440, height: 900 });
  // Whoever only helps reads, and edits nothing.
  await operator.goto("/desk/cards");
  await card(operator, "请确认能否听清。").waitFor({ timeout: BOUND_MS });
  assert.equal(await operator.getByRole("button", { name: "新增" }).count(), 0);
});

test("the helper sends the card, and begins the note from the template of the case's kind", async () => {
  const raised = await api(station, "POST", "/station/requests", { sentence: "邻里纠纷", case_number: CASE, case_kind: "legal_aid" });
  assert.equal(raised.status, 201, JSON.stringify(raised));
  await operator.locator("[data-ringing]").waitFor({ timeout: BOUND_MS });
  await operator.keyboard.press("Enter");
  await operator.waitForURL(/\/session\//);
  session = new URL(operator.url()).pathname.split("/").pop();
  await operator.locator('[data-mode="join"][data-link="connected"]').waitFor();
  await operator.getByLabel("发法条卡").click();
  await operator.locator(".ant-select-item-option").filter({ hasText: SOURCE }).click();
  await station.getByText(`${SOURCE}：调解员可以采取多种方式说服疏导。`).waitFor({ timeout: BOUND_MS });

  const leaf = operator.getByRole("tab", { name: "记录" });
  await leaf.click();
  await operator.getByLabel("选用模板").click();
  // Not the first that was kept: that one is for mediation.
  const first = operator.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option").first();
  await eventually(BOUND_MS, "the template for the case's kind comes first", async () => (await first.innerText()).includes("法律援助指引记录"));
  await first.click();
  const note = operator.getByRole("textbox", { name: "记录" });
  assert.match(await note.inputValue(), /应当补交的材料/);
  await note.fill(`${await note.inputValue()}\n当事人同意三日内修复。`);
  await shot(operator, "session-note");
  await operator.getByRole("button", { name: "存入记录" }).click();
  await operator.locator("[data-note]:not([data-note='0'])").waitFor({ timeout: BOUND_MS });
  const { body } = await api(operator, "GET", `/sessions/${session}/marks`);
  assert.match(body.note.text, /三日内修复。$/);
  // What is typed and not kept survives a reload of the page.
  await note.fill("还没存");
  await operator.reload();
  await leaf.click();
  await eventually(BOUND_MS, "the draft is there", async () => (await note.inputValue()) === "还没存");

  // Somebody keeps a version meanwhile: it is shown, nothing of either is lost, and only then is the next one kept.
  const other = await api(operator, "POST", `/sessions/${session}/notes`, { version: 1, text: "另一人的记录" });
  assert.equal(other.status, 201, JSON.stringify(other));
  const theirs = operator.locator("[data-theirs='2']");
  await theirs.getByText("另一人的记录").waitFor({ timeout: BOUND_MS });
  assert.equal(await note.inputValue(), "还没存");
  assert.ok(await operator.getByRole("button", { name: "存入记录" }).isDisabled());
  await shot(operator, "session-note-theirs");
  await theirs.getByRole("button", { name: "接在我的后面" }).click();
  assert.equal(await note.inputValue(), "还没存\n\n另一人的记录");
  await operator.getByRole("button", { name: "存入记录" }).click();
  await operator.locator("[data-note='3']").waitFor({ timeout: BOUND_MS });
  assert.equal((await api(station, "GET", `/station/assists/${session}/marks`)).body.note, null, "the note is the helpers'");
});

test("a changed card leaves what was sent as it was, and the case has card and note", async () => {
  const { cards } = (await api(chief, "GET", "/cards")).body;
  const law = cards.find((one) => one.title === SOURCE);
  const sent = `${SOURCE}：${law.text}`;
  await chief.goto("/desk/cards");
  await chief.getByText("法条卡", { exact: true }).click();
  await card(chief, SOURCE).getByRole("button", { name: /编\s*辑|修\s*改/ }).click();
  await chief.getByLabel("内容").fill("改过的说法。");
  await chief.getByRole("button", { name: /保\s*存/ }).click();
  await card(chief, "改过的说法。").waitFor({ timeout: BOUND_MS });
  const { lines } = (await api(operator, "GET", `/sessions/${session}/marks`)).body;
  assert.deepEqual(lines.map((line) => line.text).filter((text) => text.startsWith(SOURCE)), [sent]);
  // Somebody else changes it while it is open: the later one is told, and what they typed is still there.
  await card(chief, SOURCE).getByRole("button", { name: /编\s*辑|修\s*改/ }).click();
  await chief.getByLabel("内容").fill("后来的说法。");
  const known = (await api(chief, "GET", "/cards")).body.cards.find((one) => one.id === law.id);
  const heard = chief.waitForResponse((answer) => answer.request().method() === "GET" && answer.url().endsWith("/cards"));
  const theirs = await api(chief, "PUT", `/cards/${law.id}`, { version: known.version, title: SOURCE, text: "别人的说法。", case_kind: null, withdrawn: false });
  assert.equal(theirs.status, 200, JSON.stringify(theirs));
  await heard;
  await chief.getByRole("button", { name: /保\s*存/ }).click();
  await chief.getByText("数据已被他人修改").waitFor({ timeout: BOUND_MS });
  assert.equal(await chief.getByLabel("内容").inputValue(), "后来的说法。");
  await shot(chief, "card-conflict");
  await chief.locator("form").getByRole("button", { name: /取\s*消/ }).click();
  await card(chief, "别人的说法。").waitFor();
  await card(chief, SOURCE).getByRole("button", { name: /停\s*用/ }).click();
  await card(chief, SOURCE).getByText("已停用").waitFor({ timeout: BOUND_MS });
  assert.equal((await api(chief, "PUT", `/cards/${law.id}`, { version: law.version, title: SOURCE, text: "旧版" })).status, 409);
  assert.equal((await api(operator, "GET", "/cards")).body.cards.some((one) => one.id === law.id), false);
  await operator.goto(`/cases/${encodeURIComponent(CASE)}`);
  await operator.locator('[data-timeline] li[data-kind="note"]').filter({ hasText: sent }).waitFor({ timeout: BOUND_MS });
  await operator.locator('[data-timeline] li[data-kind="note"]').filter({ hasText: "写下记录（第 3 版）" }).waitFor();
  await shot(operator, "case-note");
});
