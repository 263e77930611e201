// Photo first: taken at the workstation, looked at, sent with the request; seen while it rings, at the desk and in the case. Without the
// server both are kept and delivered once, and a phone's file goes the same way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch, shot } from "./harness/browser.mjs";
import { enrol, logIn, org } from "./harness/people.mjs";
import { eventually, Installation } from "./harness/server.mjs";

const BOUND_MS = 15_000;
const CASE = "津丽法援〔2026〕民字第015号";
let installation, browser, operator, station;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  browser = await launch();
  const admin = await logIn(browser, installation.base, "sysadmin");
  operator = await logIn(browser, installation.base, "zhibanyuan");
  const site = (await org(operator)).sites.find((one) => one.name === "张贵庄街道司法所");
  station = (await enrol(browser, installation.base, admin, site.id, "照片测试机")).page;
  await admin.close();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

const requests = async () => (await api(station, "GET", "/station/requests")).body;
const loaded = (image) => image.evaluate((img) => img.complete && img.naturalWidth > 0);

/** As its head says. */
const widthOf = (request) => request.photos[0]?.width;

test("the photo is taken, looked at, taken again and sent; it is there while it rings, at the desk and in the case", async () => {
  await operator.goto("/desk");
  await station.getByRole("button", { name: "填写类别、说明、案号" }).click();
  await station.getByPlaceholder(/案号/).fill(CASE);
  await station.getByRole("button", { name: "先拍照再求助" }).click();
  await station.getByRole("button", { name: "拍下", exact: true }).click({ timeout: BOUND_MS });
  await eventually(BOUND_MS, "the photo is shown", () => loaded(station.locator("[data-photo-taken]")));
  await shot(station, "photo-taken");
  await station.getByRole("button", { name: /重\s*拍/ }).click();
  await station.getByRole("button", { name: "拍下", exact: true }).click({ timeout: BOUND_MS });
  await station.locator("[data-photo-taken]").waitFor();
  await station.getByRole("button", { name: "发送求助" }).click();
  const ringing = operator.locator("[data-ringing]");
  await ringing.waitFor({ timeout: BOUND_MS });
  await eventually(BOUND_MS, "the photo is on the ringing card", () => loaded(ringing.locator("img")));
  await shot(operator, "photo-ringing");
  await eventually(BOUND_MS, "and at the workstation", () => loaded(station.locator("a img").first()));
  await shot(station, "photo-station");
  const [request] = await requests();
  assert.deepEqual([request.photos.length, request.photos[0].sha256.length], [1, 64]);
  await operator.goto(`/desk/${request.id}`);
  await eventually(BOUND_MS, "the photo is in the panel", () => loaded(operator.locator("aside a img").first()));
  await operator.goto(`/cases/${encodeURIComponent(CASE)}`);
  await operator.getByText("拍了一张照片").waitFor({ timeout: BOUND_MS });
  await eventually(BOUND_MS, "the photo is in the case", () => loaded(operator.locator("[data-timeline] img").first()));
  await shot(operator, "photo-case");
  await api(station, "POST", `/station/requests/${request.id}/steps`, { action: "withdraw", reason: "演练" });
});

test("on a phone without the server the chosen photo waits with the request, and both arrive once", async () => {
  await station.setViewportSize({ width: 390, height: 844 });
  await station.reload();
  await station.getByRole("button", { name: "先拍照再求助" }).click();
  await station.locator("[data-photo-camera]").waitFor();
  await shot(station, "photo-390");
  const picture = await station.evaluate(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [320, 240];
    canvas.getContext("2d").fillRect(0, 0, 320, 240);
    return canvas.toDataURL("image/jpeg").split(",")[1];
  });
  // What is no picture is said to be none, and nothing is lost.
  const choose = station.locator("input[type=file][capture]");
  await choose.setInputFiles({ name: "paper.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") });
  await station.getByText("这不是能读取的图片").waitFor();
  await choose.setInputFiles({ name: "paper.jpg", mimeType: "image/jpeg", buffer: Buffer.from(picture, "base64") });
  await eventually(BOUND_MS, "the photo is shown", () => loaded(station.locator("[data-photo-taken]")));
  await station.context().setOffline(true);
  await station.getByRole("button", { name: "发送求助" }).click();
  await station.locator('[data-state="unsent"]').waitFor({ timeout: BOUND_MS });
  // Also across a reload of the page, as after a loss of power: the page itself comes from the server, so the line is back by then.
  await station.context().setOffline(false);
  await station.reload();
  const arrived = await eventually(30_000, "the request arrives with its photo", async () => {
    const found = (await requests()).filter((one) => one.state === "waiting");
    return found[0]?.photos.length === 1 && found;
  });
  assert.deepEqual([arrived.length, widthOf(arrived[0])], [1, 320]);
});
