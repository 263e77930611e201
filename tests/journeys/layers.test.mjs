// A small tile takes the low layer, the spotlight the high one, and the change does not freeze the picture.
// The same run measures the time from the click to the first decoded frame, over an open link.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./harness/browser.mjs";
import { leave, ms } from "./harness/figures.mjs";
import { logIn, moving, onAir, org, pick, tile } from "./harness/people.mjs";
import { Installation, eventually } from "./harness/server.mjs";

const FREEZE_AIM_MS = 200;
/** A loaded machine paints late: here only a change that waits for a key frame asked anew, again and again, is caught. */
const FREEZE_BOUND_MS = 1_000;
let installation, browser, offices;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  offices = await installation.startOffices(2);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

test("layers follow the size of the tile without a freeze", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const { sites } = await org(commander);
  const [site, other] = offices.map((o) => sites.find((s) => s.id === o.site_id));
  await commander.goto("/wall");
  for (const s of [site, other]) await onAir(commander, s.id);
  await commander.evaluate(() => localStorage.setItem("lianxian.wall.layout", "16"));
  await commander.reload();
  await pick(commander, site.id, "画质检查");
  await pick(commander, other.id);
  await moving(commander, site.id);
  const low = await moving(commander, site.id, { count: 30 });

  const video = tile(commander, site.id).locator("video");
  await video.evaluate((v) => {
    window.gaps = [];
    let last;
    const each = (now) => {
      if (last !== undefined) window.gaps.push(now - last);
      last = now;
      v.requestVideoFrameCallback(each);
    };
    v.requestVideoFrameCallback(each);
  });
  await tile(commander, site.id).dblclick();
  const high = await eventually(10_000, "the spotlight is sharper", async () => {
    const size = await tile(commander, site.id).locator("video").evaluate((v) => ({ width: v.videoWidth, height: v.videoHeight }));
    return size.width > low.width && size;
  });
  await moving(commander, site.id, { count: 30 });
  await commander.keyboard.press("Escape");
  await eventually(10_000, "the small tile takes the low layer again", async () => {
    const width = await tile(commander, site.id).locator("video").evaluate((v) => v.videoWidth);
    return width === low.width;
  });
  await moving(commander, site.id, { count: 30 });
  const worst = Math.max(...(await commander.evaluate(() => window.gaps)));
  await leave("layers", [ms("a change of the layer: longest time between two frames", worst, FREEZE_AIM_MS)]);
  assert.ok(worst <= FREEZE_BOUND_MS, `${low.width} -> ${high.width} px: the picture stood still for ${worst.toFixed(0)} ms`);
});

test("from the click to the first frame", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const { sites } = await org(commander);
  const site = sites.find((s) => s.id === offices[0].site_id);
  await commander.goto("/wall");
  await onAir(commander, site.id);
  const times = [];
  for (let round = 0; round < 7; round++) {
    const clicked = commander.evaluate((id) => new Promise((done, failed) => {
      setTimeout(() => failed(new Error("no frame within 10 s")), 10_000);
      const started = performance.now();
      const look = () => {
        const video = document.querySelector(`[data-tile-site="${id}"] video`);
        if (!video) return requestAnimationFrame(look);
        video.requestVideoFrameCallback(() => done(performance.now() - started));
      };
      look();
    }), site.id);
    if (round === 0) {
      await pick(commander, site.id, "首帧测量");
      await clicked.catch(() => {});
      await moving(commander, site.id);
    } else {
      await pick(commander, site.id);
      times.push(await clicked);
    }
    await tile(commander, site.id).hover();
    await tile(commander, site.id).getByRole("button", { name: /移\s*除|关\s*闭/ }).click();
    await tile(commander, site.id).waitFor({ state: "detached" });
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  await leave("first-frame", [ms("click to first decoded frame, p50", median, 400)]);
  // The aim is kept by `make bench`; here a wide bound catches only what is broken.
  assert.ok(median <= 2_000, `the first frame took ${median.toFixed(0)} ms`);
});
