// What people of the demo district do at their screens. Words and keys are those of the console.

import assert from "node:assert/strict";
import { api, screen } from "./browser.mjs";
import { eventually } from "./server.mjs";

export const PASSWORD = "Lianxian@2026";

/** Logs in at the console, as a person does. */
export async function logIn(browser, base, account, password = PASSWORD, size) {
  const page = await screen(browser, base, size);
  await page.goto("/");
  await page.getByLabel("账号").fill(account);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: /登\s*录/ }).click();
  await page.waitForFunction(() => !document.querySelector('input[type="password"]'));
  return page;
}

/** The part of the org that this login sees. */
export async function org(page) {
  const { status, body } = await api(page, "GET", "/org");
  assert.equal(status, 200);
  return body;
}

export function tile(page, siteId) {
  return page.locator(`[data-tile-site="${siteId}"]`);
}

/** Picks a site in the tree; states the purpose when it is asked for. */
export async function pick(page, siteId, purpose) {
  await page.locator(`[data-site-id="${siteId}"]`).first().click();
  if (purpose) {
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("事由").fill(purpose);
    await dialog.getByRole("button", { name: /开\s*始|确\s*定/ }).click();
  }
}

/** Waits until the tile's video has shown `count` more frames. Returns the picture's size. */
export async function moving(page, siteId, { count = 10, ms = 20_000 } = {}) {
  const video = tile(page, siteId).locator("video");
  await video.waitFor({ state: "attached", timeout: ms });
  const shown = () => video.evaluate((v) => v.getVideoPlaybackQuality().totalVideoFrames);
  const before = await shown();
  await eventually(ms, `frames of site ${siteId} advance`, async () => (await shown()) >= before + count);
  return video.evaluate((v) => ({ width: v.videoWidth, height: v.videoHeight }));
}

/** Enrols this browser as a new workstation of the site, with a code that the administrator made. */
export async function enrol(browser, base, admin, siteId, name) {
  const made = await api(admin, "POST", "/org/endpoints", { site_id: siteId, name, kind: "station" });
  assert.ok(made.status < 300, JSON.stringify(made));
  const code = await api(admin, "POST", `/org/endpoints/${made.body.id}/enrolment`);
  assert.ok(code.status < 300, JSON.stringify(code));
  const page = await screen(browser, base);
  await page.goto("/station");
  await page.getByLabel("登记码").fill(code.body.code);
  await page.getByRole("button", { name: /登\s*记/ }).click();
  await page.getByRole("button", { name: /开始待命|上\s*线|开\s*播/ }).click();
  await page.locator('[data-on-air="true"]').waitFor();
  return { page, endpointId: made.body.id };
}

/** Waits until the server says that someone of the site is online and on air. */
export async function onAir(page, siteId, ms = 20_000) {
  await eventually(ms, `site ${siteId} is on air`, async () => {
    const { body } = await api(page, "GET", "/presence");
    return body.some((p) => p.site_id === siteId && p.state === "online" && p.on_air);
  });
}
