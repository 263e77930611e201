// An office whose own line loses a lot: what it says still comes to the centre. Browsers answer no request to send sound again, so each packet
// brings the sound of the one before it once more (RFC 2198).
// Runs on a private network of two hosts (tests/network/two-hosts): only what leaves the office, and what the viewer tells, is lost.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "../harness/browser.mjs";
import { noteConnections, received, sum } from "../harness/connections.mjs";
import { enrol, logIn, moving, org, pick, tile } from "../harness/people.mjs";
import { eventually } from "../harness/server.mjs";
import { overThere, setLoss } from "../harness/two-hosts.mjs";
import { speak } from "../harness/voice.mjs";

const MEASURE_MS = 20_000;

let installation, village, centre, commander, site, folder;

const wait = (ms) => commander.evaluate((ms) => new Promise((done) => setTimeout(done, ms)), ms);

/** Samples of the sound that the page played so far, and those of them that it had to make up where something was said. */
async function heard() {
  const rows = await received(commander, "audio");
  return {
    played: sum(rows, "totalSamplesReceived"),
    madeUp: sum(rows, "concealedSamples") - sum(rows, "silentConcealedSamples"),
    packets: sum(rows, "packetsReceived"),
    lost: sum(rows, "packetsLost"),
    energy: sum(rows, "totalAudioEnergy"),
  };
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lianxian-voice-"));
  await speak(join(folder, "voice.wav"));
  installation = await overThere();
  await installation.seed();
  await installation.start();
  [village, centre] = await Promise.all([launch({ voice: join(folder, "voice.wav") }), launch()]);
  const admin = await logIn(centre, installation.base, "sysadmin");
  const { sites, endpoints } = await org(admin);
  site = sites.find((s) => s.kind === "hall" && !endpoints.some((e) => e.site_id === s.id && e.enrolled));
  await enrol(village, installation.base, admin, site.id, "服务窗口一号机");
  await admin.close();
  commander = await logIn(centre, installation.base, "zhihuizhang");
  await noteConnections(commander);
  await commander.goto("/wall");
  await pick(commander, site.id, "弱网检查");
  await moving(commander, site.id, { count: 30 });
  await tile(commander, site.id).hover();
  await tile(commander, site.id).getByRole("button", { name: "声音", exact: true }).click();
  await eventually(15_000, "the office is heard", async () => (await heard()).energy > 0.01);
});

after(async () => {
  await village?.close();
  await centre?.close();
  await installation?.stop();
  await rm(folder, { recursive: true, force: true });
});

for (const [lost, aim, bound] of [[0.1, 0.01, 0.02], [0.3, 0.05, 0.08]]) {
  test(`${100 * lost} % lost of what an office says, at most ${100 * bound} % is made up (aim ${100 * aim}; without redundancy some ${40 * lost})`, async () => {
    setLoss(0, lost);
    await wait(MEASURE_MS / 4);
    const from = await heard();
    await wait(MEASURE_MS);
    const to = await heard();
    const missing = (to.lost - from.lost) / (to.lost - from.lost + to.packets - from.packets);
    const share = (to.madeUp - from.madeUp) / (to.played - from.played);
    console.log(`${(100 * missing).toFixed(1)} % of its packets did not come, ${(100 * share).toFixed(2)} % of the sound was made up (aim <= ${100 * aim} %)`);
    assert.ok(missing > lost / 2, "the line did lose its packets");
    assert.ok(to.energy > from.energy, "something was said");
    assert.ok(share <= bound, `${(100 * share).toFixed(2)} % of the sound was made up`);
  });
}
