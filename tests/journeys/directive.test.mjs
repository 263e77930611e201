// What an inspector sees becomes a directive in three clicks, with the picture of the moment; the office signs, reports back with a picture,
// is returned once, and the directive is closed. All of it is its history.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch } from "./harness/browser.mjs";
import { enrol, logIn, moving, onAir, org, pick, tile } from "./harness/people.mjs";
import { eventually, Installation } from "./harness/server.mjs";

let installation, browser, inspector, station, site;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  browser = await launch();
  const admin = await logIn(browser, installation.base, "sysadmin");
  inspector = await logIn(browser, installation.base, "dudao");
  site = (await org(inspector)).sites.find((one) => one.name === "华明街道司法所");
  station = (await enrol(browser, installation.base, admin, site.id, "督办测试机")).page;
  await admin.close();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

const card = () => station.locator("[data-directive]").first();
const open = async () => (await api(inspector, "GET", "/directives?open=true")).body.items;

test("from the wall: D, a common finding, issue", async () => {
  await inspector.goto("/wall");
  await onAir(inspector, site.id);
  await pick(inspector, site.id, "窗口纪律巡查");
  await moving(inspector, site.id, { count: 5 });
  await tile(inspector, site.id).click();
  await inspector.keyboard.press("d");
  const dialog = inspector.getByRole("dialog");
  await dialog.getByAltText("画面取证").waitFor();
  await dialog.getByRole("group").getByRole("button").first().click();
  await dialog.getByRole("button", { name: /下\s*发/ }).click();
  await dialog.waitFor({ state: "detached" });
  await inspector.getByText(/已下发 DB\d+/).waitFor();
  const [directive] = await open();
  assert.match(directive.number, /^DB\d{8}/);
  assert.equal(directive.site.id, site.id);
  const { body: detail } = await api(inspector, "GET", `/directives/${directive.id}`);
  assert.equal(detail.pictures.length, 1, "the picture of the moment is its basis");
  assert.ok(detail.pictures[0].width >= 320, `${detail.pictures[0].width} pixels wide`);
  assert.match(detail.pictures[0].sha256, /^[0-9a-f]{64}$/);
  assert.ok(detail.source.session_id, "it names the session in which it was seen");
});

test("the office signs it and reports back with a picture; a lying file is refused", async () => {
  await card().getByRole("button").first().click();
  await station.getByLabel("经办人姓名").fill("马志强");
  await station.getByRole("button", { name: "签收", exact: true }).click();
  await station.getByLabel("办理情况").fill("已张贴公示牌，值班人员到岗");
  const field = station.locator('input[type="file"]').first();
  await field.setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no picture at all") });
  await station.getByText("这个文件不是图片，请另选").waitFor();
  assert.equal(await station.getByLabel("办理情况").inputValue(), "已张贴公示牌，值班人员到岗", "what was written is still there");
  await field.setInputFiles({ name: "photo.png", mimeType: "image/png", buffer: await station.screenshot() });
  await station.getByRole("button", { name: "提交反馈" }).click();
  await station.getByText("已反馈，等待复核").waitFor();
});

test("the inspector returns it once, then closes it; nothing of it can be taken away", async () => {
  const [directive] = await open();
  assert.equal(directive.state, "reported");
  await inspector.goto(`/directives/${directive.id}`);
  const act = async (name, text) => {
    await inspector.getByRole("button", { name, exact: true }).click();
    const dialog = inspector.getByRole("dialog");
    if (text) await dialog.getByRole("textbox").first().fill(text);
    await dialog.getByRole("button", { name, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  };
  await act("退回整改", "公示牌看不清，请重拍");
  await station.getByText("已退回：公示牌看不清，请重拍").waitFor();
  await station.getByLabel("办理情况").fill("已重拍");
  await station.getByRole("button", { name: "提交反馈" }).click();
  await station.getByText("已反馈，等待复核").waitFor();
  await act("销号");
  await card().waitFor({ state: "detached" });
  const detail = await eventually(15_000, "it is closed", async () => {
    const { body } = await api(inspector, "GET", `/directives/${directive.id}`);
    return body.state === "closed" && body;
  });
  const kinds = detail.steps.map((step) => step.kind);
  for (const [kind, times] of [["issue", 1], ["sign", 1], ["report", 2], ["return", 1], ["close", 1]]) {
    assert.equal(kinds.filter((one) => one === kind).length, times, `${kind} in ${kinds}`);
  }
  assert.deepEqual(detail.pictures.map((picture) => picture.round).sort(), [0, 1], "one is the basis, one came with the first report");
  const gone = await api(inspector, "DELETE", `/directives/${directive.id}`);
  assert.ok([404, 405].includes(gone.status), "there is no way to delete it");
  // Another street's people do not get to read it.
  assert.equal((await api(station, "GET", `/directives/${directive.id}`)).status, 401);
});
