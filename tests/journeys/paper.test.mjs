// A workstation with a second camera: its person freezes the own picture, and takes the paper under the other camera as a sharp still;
// whoever helps sees both, draws on them, and the case has them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch, shot } from "./harness/browser.mjs";
import { enrol, logIn, org } from "./harness/people.mjs";
import { eventually, Installation } from "./harness/server.mjs";

const BOUND_MS = 15_000;
const CASE = "津丽法援〔2026〕民字第014号";
let installation, centre, village, operator, station, endpoint, session;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  [centre, village] = await Promise.all([launch(), launch({ cameras: 2 })]);
  const admin = await logIn(centre, installation.base, "sysadmin");
  operator = await logIn(centre, installation.base, "zhibanyuan");
  const site = (await org(operator)).sites.find((one) => one.name === "张贵庄街道司法所");
  ({ page: station, endpointId: endpoint } = await enrol(village, installation.base, admin, site.id, "高拍测试机"));
  await admin.close();
});

after(async () => {
  await centre?.close();
  await village?.close();
  await installation?.stop();
});

const frames = async () => (await api(operator, "GET", `/sessions/${session}/marks`)).body.frames;
const boards = (page) => page.locator("[data-board] svg[data-strokes]");

async function draw(page) {
  const box = await boards(page).boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 6 });
  await page.mouse.up();
}

test("the workstation freezes its own picture, and the helper draws on it", async () => {
  await operator.goto("/desk");
  const raised = await api(station, "POST", "/station/requests", { sentence: "请看材料", case_number: CASE, case_kind: "legal_aid" });
  assert.equal(raised.status, 201, JSON.stringify(raised));
  await operator.locator("[data-ringing]").waitFor({ timeout: BOUND_MS });
  await operator.keyboard.press("Enter");
  await operator.waitForURL(/\/session\//);
  session = new URL(operator.url()).pathname.split("/").pop();
  await operator.locator('[data-mode="join"][data-link="connected"]').waitFor();
  await station.getByRole("button", { name: "定格本机画面" }).click({ timeout: BOUND_MS });
  await Promise.all([boards(station).waitFor({ timeout: BOUND_MS }), boards(operator).waitFor({ timeout: BOUND_MS })]);
  await draw(operator);
  await eventually(BOUND_MS, "the stroke is seen at the workstation", async () => (await boards(station).getAttribute("data-strokes")) === "1");
  const [frame] = await frames();
  assert.deepEqual([frame.source, frame.strokes.length], [endpoint, 1]);
  for (const page of [operator, station]) await page.getByRole("button", { name: "回到实时" }).click();
});

test("paper under the second camera is taken sharp, sent once, and its camera is shut again", async () => {
  await station.getByRole("button", { name: "高拍", exact: true }).click();
  const video = station.locator("[data-paper-camera]");
  await eventually(BOUND_MS, "the second camera shows", () => video.evaluate((v) => v.videoWidth > 0 && v.currentTime > 0));
  const [track, sharp] = await video.evaluate((v) => {
    window.paper = v.srcObject.getVideoTracks()[0];
    return [window.paper.label, v.videoWidth];
  });
  await shot(station, "station-paper");
  await station.setViewportSize({ width: 390, height: 844 });
  await shot(station, "station-paper-390");
  await station.setViewportSize({ width: 1440, height: 900 });
  await station.getByRole("button", { name: "拍下并发送" }).click();
  await eventually(BOUND_MS, "two frames are kept", async () => (await frames()).length === 2);
  await eventually(BOUND_MS, `${track} is shut`, () => station.evaluate(() => window.paper.readyState === "ended"));
  const paper = (await frames()).at(-1);
  assert.equal(paper.width, sharp, "as many pixels as the camera has");
  await boards(operator).waitFor({ timeout: BOUND_MS });
  await draw(operator);
  await eventually(BOUND_MS, "the stroke is seen at the workstation", async () => (await boards(station).getAttribute("data-strokes")) === "1");
  await shot(operator, "operator-paper");
  await shot(station, "station-paper-drawn");

  const drawn = operator.locator('[data-timeline] li[data-kind="drawing"]');
  await api(operator, "POST", `/sessions/${session}/end`, {});
  await operator.goto(`/cases/${encodeURIComponent(CASE)}`);
  await eventually(BOUND_MS, "the case has both", async () => (await drawn.count()) === 2);
  assert.deepEqual(station.problems.filter((one) => !one.includes("401")), []);
});
