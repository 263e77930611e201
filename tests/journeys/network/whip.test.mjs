// An encoder is a site's camera: published by WHIP, watched on the wall, played by WHEP; ICE restarts under way.
// Runs on a private network of two hosts (tests/network/two-hosts).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { api, launch, screen } from "../harness/browser.mjs";
import { logIn, moving, onAir, org, pick, tile } from "../harness/people.mjs";
import { eventually, within } from "../harness/server.mjs";
import { overThere } from "../harness/two-hosts.mjs";

const sdk = resolve(dirname(fileURLToPath(import.meta.url)), "../../sdk");

let installation, browser, offices;

before(async () => {
  installation = await overThere();
  await installation.seed();
  await installation.start();
  offices = JSON.parse(await readFile(join(installation.dir, "data/demo-offices.json"), "utf8"));
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

async function wall(site) {
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  await commander.goto("/wall");
  await onAir(commander, site);
  await pick(commander, site, "每日视频巡查");
  await moving(commander, site);
  return commander;
}

/** Encoders that nobody here wrote: the words that start each with an address and a token. */
const encoders = {
  "aiortc": (...to) => [join(sdk, ".venv/bin/python"), join(sdk, "encoder.py"), ...to],
  // Debian's bindings of GStreamer are those of Debian's own Python.
  "GStreamer, VP8": (...to) => ["/usr/bin/python3", join(sdk, "gstreamer.py"), ...to, "vp8"],
  "GStreamer, H.264": (...to) => ["/usr/bin/python3", join(sdk, "gstreamer.py"), ...to, "h264"],
};

for (const [name, words] of Object.entries(encoders)) {
  test(`${name} is seen moving on the wall`, async () => {
    const office = offices.shift();
    const [program, ...rest] = words(`${installation.base}/whip`, office.device_token);
    const encoder = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] });
    const gone = once(encoder, "exit");
    try {
      await within(30_000, "the encoder publishes", once(encoder.stdout, "data"));
      const commander = await wall(office.site_id);
      encoder.stdin.end();
      assert.deepEqual(await within(10_000, "the encoder ends", gone), [0, null]);
      await eventually(15_000, "the site is off the air", async () => {
        const { body } = await api(commander, "GET", "/presence");
        return body.some((p) => p.endpoint_id === office.endpoint_id && p.state === "offline" && p.cause === "closed");
      });
    } finally {
      encoder.kill("SIGKILL");
    }
  });
}

test("a browser publishes simulcast, restarts ICE under way, and another plays it", async () => {
  const office = offices.shift();
  const encoder = await screen(browser, installation.base);
  await encoder.goto("/station");
  await encoder.evaluate(async ([token]) => {
    const pc = new RTCPeerConnection();
    const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 }, audio: true });
    const sendEncodings = [{ rid: "l", scaleResolutionDownBy: 2 }, { rid: "h" }];
    pc.addTransceiver(camera.getVideoTracks()[0], { direction: "sendonly", sendEncodings, streams: [camera] });
    pc.addTransceiver(camera.getAudioTracks()[0], { direction: "sendonly", streams: [camera] });
    await pc.setLocalDescription();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch("/whip", { method: "POST", body: pc.localDescription.sdp, headers: { ...headers, "content-type": "application/sdp" } });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    await pc.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    window.whip = { pc, headers, resource: answer.headers.get("location"), tag: answer.headers.get("etag") };
  }, [office.device_token]);
  const commander = await wall(office.site_id);

  const restarted = await encoder.evaluate(async () => {
    const { pc, headers, resource } = window.whip;
    const answer = pc.remoteDescription.sdp;
    pc.restartIce();
    await pc.setLocalDescription();
    const value = (text, name) => text.match(new RegExp(`^a=${name}:(.*?)\\r?$`, "m"))[1];
    const offer = pc.localDescription.sdp;
    const fragment = ["ice-ufrag", "ice-pwd"].map((name) => `a=${name}:${value(offer, name)}\r\n`).join("");
    const change = { "content-type": "application/trickle-ice-sdpfrag", "if-match": "*" };
    const patched = await fetch(resource, { method: "PATCH", body: fragment, headers: { ...headers, ...change } });
    if (patched.status !== 200) throw new Error(`${patched.status}: ${await patched.text()}`);
    const ours = await patched.text();
    const was = value(answer, "ice-ufrag");
    const fresh = ["ice-ufrag", "ice-pwd"].reduce((sdp, name) => sdp.replaceAll(new RegExp(`a=${name}:.*`, "g"), `a=${name}:${value(ours, name)}`), answer);
    await pc.setRemoteDescription({ type: "answer", sdp: fresh });
    window.whip.tag = patched.headers.get("etag");
    return { was, is: value(ours, "ice-ufrag") };
  });
  assert.notEqual(restarted.was, restarted.is);
  await encoder.waitForFunction(() => window.whip.pc.connectionState === "connected");
  await moving(commander, office.site_id, { count: 30 });

  // A player of its own console and session.
  const player = await logIn(browser, installation.base, "zhihuizhang");
  const { body: signed } = await api(player, "POST", "/link/tokens", { tab: "player" });
  const { body: watch } = await api(player, "POST", "/watches", { purpose: "每日视频巡查" });
  await api(player, "POST", `/watches/${watch.id}/sites`, { site_ids: [office.site_id], endpoint_id: signed.identity });
  await player.evaluate(async ([site, token]) => {
    const pc = new RTCPeerConnection();
    const stream = new MediaStream();
    pc.addEventListener("track", ({ track }) => stream.addTrack(track));
    pc.addTransceiver("video", { direction: "recvonly" });
    pc.addTransceiver("audio", { direction: "recvonly" });
    await pc.setLocalDescription();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`/whep/${site}`, { method: "POST", body: pc.localDescription.sdp, headers: { ...headers, "content-type": "application/sdp" } });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    const text = await answer.text();
    await pc.setRemoteDescription({ type: "answer", sdp: text });
    const video = document.createElement("video");
    Object.assign(video, { id: "played", muted: true, autoplay: true, srcObject: stream });
    document.body.append(video);
    window.whep = { pc, headers, resource: answer.headers.get("location"), answer: text };
  }, [office.site_id, signed.token]);
  const shown = () => player.locator("#played").evaluate((v) => v.getVideoPlaybackQuality().totalVideoFrames);
  await eventually(15_000, "the player's frames advance", async () => (await shown()) >= 30);

  // It restarts ICE too, and goes on.
  const tags = await player.evaluate(async () => {
    const { pc, headers, resource, answer } = window.whep;
    pc.restartIce();
    await pc.setLocalDescription();
    const value = (text, name) => text.match(new RegExp(`^a=${name}:(.*?)\\r?$`, "m"))[1];
    const fragment = ["ice-ufrag", "ice-pwd"].map((name) => `a=${name}:${value(pc.localDescription.sdp, name)}\r\n`).join("");
    const change = { "content-type": "application/trickle-ice-sdpfrag", "if-match": "*" };
    const patched = await fetch(resource, { method: "PATCH", body: fragment, headers: { ...headers, ...change } });
    if (patched.status !== 200) throw new Error(`${patched.status}: ${await patched.text()}`);
    const ours = await patched.text();
    const fresh = ["ice-ufrag", "ice-pwd"].reduce((sdp, name) => sdp.replaceAll(new RegExp(`a=${name}:.*`, "g"), `a=${name}:${value(ours, name)}`), answer);
    await pc.setRemoteDescription({ type: "answer", sdp: fresh });
    return { was: value(answer, "ice-ufrag"), is: value(ours, "ice-ufrag") };
  });
  assert.notEqual(tags.was, tags.is);
  const before = await shown();
  await eventually(15_000, "the player's frames advance after the restart", async () => (await shown()) >= before + 45);

  const end = (page, name) => page.evaluate(async (name) => {
    const { pc, headers, resource } = window[name];
    const { status } = await fetch(resource, { method: "DELETE", headers });
    pc.close();
    return status;
  }, name);
  assert.equal(await end(player, "whep"), 200);
  assert.equal(await end(encoder, "whip"), 200);
  await tile(commander, office.site_id).and(commander.locator('[data-state="offline"]')).waitFor({ timeout: 15_000 });
});

test("an administrator sets an encoder up from the organisation room", async () => {
  const admin = await logIn(browser, installation.base, "sysadmin");
  const { sites, endpoints } = await org(admin);
  const site = sites.find((s) => s.kind === "hall" && !endpoints.some((e) => e.site_id === s.id));
  const made = await api(admin, "POST", "/org/endpoints", { site_id: site.id, name: "大厅摄像机", kind: "camera" });
  assert.ok(made.status < 300, JSON.stringify(made));
  await admin.goto(`/org?at=s:${site.id}`);
  await admin.getByRole("button", { name: /登\s*记\s*码/ }).first().click();
  const dialog = admin.getByRole("dialog");
  assert.equal(await dialog.getByLabel("WHIP 地址").innerText(), `${installation.base}/whip`);
  await dialog.getByRole("button", { name: "签发设备令牌" }).click();
  const token = await dialog.getByLabel(/设备令牌/).innerText();
  const answer = await admin.request.post("/whip", { data: "hello", headers: { authorization: `Bearer ${token}`, "content-type": "application/sdp" } });
  assert.equal(answer.status(), 400, "the token is good, only the offer is not");
  assert.equal((await answer.json()).code, "malformed_sdp");
});
