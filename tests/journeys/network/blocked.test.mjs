// A firewall lets nothing through but the console's own TCP port: watching works all the same, and whoever asks is told why.
// Runs on a private network of two hosts (tests/network/two-hosts).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "../harness/browser.mjs";
import { logIn, moving, onAir, org, pick, tile } from "../harness/people.mjs";
import { row, runCheck } from "../harness/check.mjs";
import { onServer, overThere } from "../harness/two-hosts.mjs";

const FIRST_FRAME_MS = 15_000;

let installation, browser, office;

before(async () => {
  installation = await overThere();
  await installation.seed();
  await installation.start();
  const { port } = new URL(installation.base);
  onServer("iptables", "-A", "INPUT", "-i", "eth0", "-p", "tcp", "--dport", port, "-j", "ACCEPT");
  onServer("iptables", "-A", "INPUT", "-i", "eth0", "-j", "DROP");
  [office] = await installation.startOffices(1);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

test("a site is watched though UDP is blocked", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  const { sites } = await org(commander);
  const site = sites.find((s) => s.id === office.site_id);
  await commander.goto("/wall");
  await onAir(commander, site.id);
  const asked = Date.now();
  await pick(commander, site.id, "受限网络检查");
  await moving(commander, site.id, { count: 1 });
  assert.ok(Date.now() - asked < FIRST_FRAME_MS, "the link finds its way without a long wait");
  await moving(commander, site.id, { count: 60 });
  const { width } = await tile(commander, site.id).locator("video").evaluate((v) => ({ width: v.videoWidth }));
  assert.ok(width > 0);
  const blocked = onServer("iptables", "-L", "INPUT", "-v", "-n", "-x").match(/^\s*(\d+)\s+\d+\s+DROP/m);
  assert.ok(Number(blocked?.[1]) > 0, "the rule did drop the checks over UDP");
});

test("the check in the page names UDP, while TCP is green", async () => {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  await commander.goto("/check");
  await runCheck(commander);
  const udp = await row(commander, "udp");
  assert.deepEqual([udp.verdict, udp.cause], ["weak", "udp_blocked"]);
  assert.match(udp.text, /防火墙挡住了 UDP 端口 \d+；画面改走 TCP/);
  assert.match(udp.text, /请网络管理员放行/);
  assert.equal((await row(commander, "tcp")).verdict, "good");
  assert.equal((await row(commander, "link")).verdict, "good");
});

test("lianxian doctor names UDP, while TCP is good", async () => {
  const { findings, text, code } = await installation.doctor("--address", installation.base, "--ca", installation.ca);
  const of = (topic) => findings.find((finding) => finding.topic === topic);
  assert.deepEqual([of("udp").verdict, of("udp").code], ["weak", "udp_blocked"], text);
  assert.equal(of("tcp").verdict, "good", text);
  assert.equal(of("link").verdict, "good", text);
  assert.match(text, /UDP 被挡.*\n.*防火墙挡住了 UDP 端口 \d+；画面改走 TCP/);
  assert.equal(code, 0, "watching works");
});
