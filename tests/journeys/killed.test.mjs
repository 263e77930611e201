// The server is killed while a site is being watched: nothing that was acknowledged is lost, and the record tells the truth.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch } from "./harness/browser.mjs";
import { logIn, moving, onAir, org, pick } from "./harness/people.mjs";
import { Installation, eventually } from "./harness/server.mjs";

// Everyone is back within ten seconds of the server, without a click.
const BACK_MS = 10_000;

let installation, browser, office;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  [office] = await installation.startOffices(1);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

test("kill -9 during a watch", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const { sites } = await org(commander);
  const site = sites.find((s) => s.id === office.site_id);
  await commander.goto("/wall");
  await onAir(commander, site.id);
  await pick(commander, site.id, "断电演习");
  await moving(commander, site.id);
  const { body } = await api(commander, "GET", `/sessions?site_id=${site.id}`);
  const [session] = body.items;
  const linked = await api(commander, "POST", `/sessions/${session.id}/cases`, { number: "津丽法援〔2026〕民字第012号", kind: "legal_aid" });
  assert.ok(linked.status < 300);

  const killed = Date.now();
  await installation.kill();
  await installation.start();

  const after = await eventually(10_000, "the record after the restart", async () => {
    const answer = await api(commander, "GET", `/sessions/${session.id}`);
    return answer.status === 200 && answer.body;
  });
  assert.equal(after.state, "interrupted");
  assert.equal(after.cases.length, 1, "what was acknowledged is there");
  assert.ok(after.ended_ms >= after.started_ms && after.ended_ms <= killed + 1_000, "it ends when the server died");
  for (const a of after.attendances) assert.ok(a.left_ms >= a.joined_ms && a.left_ms <= after.ended_ms);
  for (const r of after.register) assert.ok(r.to_ms >= r.from_ms && r.to_ms <= after.ended_ms);
  for (const t of after.tracks) assert.ok(t.ended_ms >= t.started_ms);

  // Office and wall come back by themselves, under the same watch and a new session.
  await moving(commander, site.id, { ms: BACK_MS });
  const { body: again } = await api(commander, "GET", `/sessions?site_id=${site.id}&open=true`);
  assert.equal(again.items.length, 1);
  assert.notEqual(again.items[0].id, session.id);
  assert.equal(again.items[0].purpose, "断电演习");
});
