// The server is killed while a call rings, is accepted, drawn on, uploaded to and closed: every step that was acknowledged is there
// afterwards, what was not is wholly there or not at all, and every clock goes on from where it stood.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { api, launch } from "./harness/browser.mjs";
import { enrol, logIn, org } from "./harness/people.mjs";
import { eventually, Installation } from "./harness/server.mjs";

let installation, browser, operator, chief, station, endpoint;

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  browser = await launch();
  const admin = await logIn(browser, installation.base, "sysadmin");
  operator = await logIn(browser, installation.base, "zhibanyuan");
  chief = await logIn(browser, installation.base, "zhibanzhang");
  const { sites } = await org(operator);
  const site = sites.find((one) => one.name === "张贵庄街道司法所");
  ({ page: station, endpointId: endpoint } = await enrol(browser, installation.base, admin, site.id, "断电测试机"));
  await admin.close();
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

/**
 * Makes all calls at once and kills the server at the `acks`-th acknowledgement, while the others are on their way; starts it again.
 * Resolves to the answer of each call: null where the connection broke first.
 */
async function killedDuring(acks, calls) {
  let acknowledged = 0;
  let enough;
  const reached = new Promise((done) => (enough = done));
  const answers = calls.map((call) =>
    call().then(
      (answer) => {
        if (answer.status < 300 && ++acknowledged === acks) enough();
        return answer;
      },
      () => null,
    ),
  );
  await Promise.race([reached, Promise.all(answers)]);
  await installation.kill();
  const settled = await Promise.all(answers);
  // Back before anything is judged, so that one failure is told as one.
  await installation.start();
  assert.ok(acknowledged >= acks, `${acks} of the calls are acknowledged: ${JSON.stringify(settled)}`);
  return settled;
}

const acknowledged = (answers) => answers.filter((answer) => answer?.status < 300).map((answer) => answer.body);
const raise = (sentence) => api(station, "POST", "/station/requests", { sentence });
const act = (page, id, step) => api(page, "POST", `/requests/${id}/steps`, step);
const read = async (id) => {
  const answer = await api(operator, "GET", `/requests/${id}`);
  assert.equal(answer.status, 200);
  return answer.body;
};

/** The history tells how the request came to be as it is: each kind of step that must be there once, is. */
function historyHas(detail, ...kinds) {
  const told = detail.steps.map((step) => step.kind);
  for (const kind of kinds) assert.equal(told.filter((one) => one === kind).length, 1, `${kind} once in ${told}`);
  assert.deepEqual(detail.steps.map((step) => step.seq), detail.steps.map((_, at) => at + 1), "no step is missing");
}

/** A clock stands, or runs on, as it was told before the server died. */
function sameClock(before, after, name) {
  for (const fact of ["started_ms", "due_ms", "stopped_ms", "paused_ms"]) assert.equal(after[name][fact], before[name][fact], `${name}.${fact}`);
}

/** What is raised and taken by the operator. */
async function taken(sentence) {
  const { body } = await raise(sentence);
  const answer = await act(operator, body.id, { action: "accept" });
  assert.equal(answer.status, 200, JSON.stringify(answer));
  return answer.body;
}

/** The assistance of a request that the operator has, once its workstation is back: both are in it. */
async function connected(request) {
  await operator.goto(`/desk/${request.id}`);
  await eventually(20_000, "the assistance begins", async () => {
    await operator.getByRole("button", { name: "连线", exact: true }).click({ timeout: 2_000 });
    await operator.waitForURL(/\/session\//, { timeout: 2_000 });
    return true;
  });
  await operator.locator('[data-mode="join"][data-link="connected"]').waitFor();
  const detail = await read(request.id);
  // The operator's link may be back before the workstation's; there is nothing to freeze until then.
  await eventually(20_000, "the workstation is in the assistance", async () => {
    const { body } = await api(operator, "GET", `/sessions/${detail.session_id}`);
    return body.attendances.some((one) => one.endpoint?.id === endpoint && one.left_ms === null);
  });
  return detail;
}

/** A photo's worth of PNG that compresses badly; each is another. */
const photo = () =>
  operator.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const pen = canvas.getContext("2d");
    const picture = pen.createImageData(canvas.width, canvas.height);
    for (let from = 0; from < picture.data.length; from += 65_536) crypto.getRandomValues(picture.data.subarray(from, from + 65_536));
    pen.putImageData(picture, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
  }).then((base64) => Buffer.from(base64, "base64"));

const send = async (page, path, data) => {
  const headers = { origin: installation.base, "content-type": "application/octet-stream" };
  const response = await page.request.post(`/api/v1${path}`, { data, headers });
  return { status: response.status(), body: await response.json() };
};
const upload = (session, image) => send(operator, `/sessions/${session}/frames?source=${endpoint}&frame_ms=${Date.now()}`, image);
const hash = (image) => createHash("sha256").update(image).digest("hex");

test("while it rings", async () => {
  const answers = await killedDuring(3, Array.from({ length: 8 }, (_, n) => () => raise(`断电时提出 ${n}`)));
  const { body: all } = await api(station, "GET", "/station/requests");
  for (const told of acknowledged(answers)) assert.ok(all.some((one) => one.id === told.id), `${told.number} is there`);
  assert.equal(new Set(all.map((one) => one.number)).size, all.length, "no number is given twice");
  for (const one of all) {
    const detail = await read(one.id);
    assert.equal(detail.state, "waiting");
    assert.ok(detail.ring, `${one.number} still rings`);
    historyHas(detail, "raise");
    assert.equal(detail.response.started_ms, detail.raised_ms);
    const before = acknowledged(answers).find((told) => told.id === one.id);
    if (!before) continue;
    sameClock(before, detail, "response");
    assert.equal(detail.ring.since_ms, before.ring.since_ms, "the ladder is climbed from where it stood");
  }
  // The ladder is climbed by the clock: nobody answered, so the shift chief rings too, however long the server was away.
  const [first] = acknowledged(answers);
  const climbed = await eventually(25_000, "the next rung rings", async () => {
    const detail = await read(first.id);
    return detail.ring?.rung !== first.ring.rung && detail;
  });
  const calls = climbed.calls.map((call) => call.at_ms);
  assert.ok(calls[1] - calls[0] >= 15_000, "not before its time");
  for (const one of all) assert.equal((await act(operator, one.id, { action: "accept" })).status, 200);
});

test("while it is accepted", async () => {
  const waiting = [];
  for (let n = 0; n < 6; n++) waiting.push((await raise(`断电时受理 ${n}`)).body);
  // Two people reach for each of them.
  const calls = waiting.flatMap(({ id }) => [operator, chief].map((page) => () => act(page, id, { action: "accept" })));
  const answers = await killedDuring(3, calls);
  const told = new Map(acknowledged(answers).map((body) => [body.id, body]));
  assert.equal(told.size, acknowledged(answers).length, "nobody was told that he has what another has");
  for (const { id } of waiting) {
    const detail = await read(id);
    const before = told.get(id);
    if (before) {
      assert.equal(detail.assignee.name, before.assignee.name);
      for (const clock of ["response", "pickup", "closing"]) sameClock(before, detail, clock);
    }
    if (detail.owner) historyHas(detail, "raise", "accept", "take");
    else assert.equal(detail.state, "waiting");
    assert.equal(detail.owner === null, detail.response.stopped_ms === null, "the clock stands exactly when somebody has it");
    if (!detail.owner) assert.equal((await act(operator, id, { action: "accept" })).status, 200);
  }
});

test("while a frozen picture is drawn on", async () => {
  const request = await connected(await taken("断电时标注"));
  const frame = await upload(request.session_id, await photo());
  assert.equal(frame.status, 201, JSON.stringify(frame));
  const stroke = (n) => ({ tool: "pen", colour: "red", width: 60, points: [[n * 10, n * 10], [n * 10 + 500, n * 10 + 500]] });
  const draw = (n) => api(operator, "POST", `/sessions/${request.session_id}/frames/${frame.body.id}/strokes`, stroke(n));
  const answers = await killedDuring(8, Array.from({ length: 30 }, (_, n) => () => draw(n)));

  const { body: marks } = await api(operator, "GET", `/sessions/${request.session_id}/marks`);
  const [kept] = marks.frames;
  assert.equal(kept.sha256, frame.body.sha256);
  for (const told of acknowledged(answers)) assert.deepEqual(kept.strokes.find((one) => one.seq === told.seq), told, `stroke ${told.seq} is as it was told`);
  assert.deepEqual(kept.strokes.map((one) => one.seq), kept.strokes.map((_, at) => at + 1));

  // The assistance is closed as interrupted; its request waits for its helper, and its clock goes on.
  const { body: session } = await api(operator, "GET", `/sessions/${request.session_id}`);
  assert.equal(session.state, "interrupted");
  const detail = await read(request.id);
  assert.ok(["accepted", "taken", "handling"].includes(detail.state), detail.state);
  sameClock(request, detail, "closing");
  assert.equal(detail.closing.stopped_ms, null);
  await act(operator, request.id, { action: "accept" });
});

test("while pictures are uploaded", async () => {
  const request = await connected(await taken("断电时上传"));
  const images = [];
  for (let n = 0; n < 6; n++) images.push(await photo());
  const answers = await killedDuring(2, images.map((image) => () => upload(request.session_id, image)));

  const { body: marks } = await api(operator, "GET", `/sessions/${request.session_id}/marks`);
  for (const told of acknowledged(answers)) assert.ok(marks.frames.some((frame) => frame.id === told.id), "what was acknowledged is there");
  const sent = images.map(hash);
  for (const frame of marks.frames) {
    // On record is what was sent, whole: also of an upload whose answer was lost.
    const image = await operator.request.get(`/api/v1/sessions/${request.session_id}/frames/${frame.id}/image`);
    assert.equal(hash(await image.body()), frame.sha256);
    assert.ok(sent.includes(frame.sha256));
  }
});

test("while photos of a request come in", async () => {
  const { body: request } = await raise("断电时拍照");
  const images = [];
  for (let n = 0; n < 5; n++) images.push(await photo());
  const take = (image) => send(station, `/station/requests/${request.id}/photos`, image);
  const answers = await killedDuring(2, images.map((image) => () => take(image)));

  const kept = (await read(request.id)).photos;
  for (const told of acknowledged(answers)) assert.deepEqual(kept.find((one) => one.id === told.id), told, "what was acknowledged is there");
  // The workstation sends again what it has no answer for: each is there once, and whole.
  for (const image of images) assert.equal((await take(image)).status, 201);
  const { photos } = await read(request.id);
  assert.deepEqual(photos.map((one) => one.sha256).sort(), images.map(hash).sort());
  for (const one of photos) {
    const image = await operator.request.get(`/api/v1/requests/${request.id}/photos/${one.id}`);
    assert.equal(hash(await image.body()), one.sha256);
  }
  await act(operator, request.id, { action: "accept" });
});

test("while it is closed and judged", async () => {
  const open = [];
  for (let n = 0; n < 4; n++) open.push(await taken(`断电时办结 ${n}`));
  const finished = await killedDuring(2, open.map(({ id }) => () => act(operator, id, { action: "finish", result: "已办结" })));
  for (const { id } of open) {
    const detail = await read(id);
    const before = acknowledged(finished).find((told) => told.id === id);
    if (before) {
      assert.equal(detail.state, "confirming");
      assert.equal(detail.result, "已办结");
      assert.equal(detail.confirm_by_ms, before.confirm_by_ms);
      sameClock(before, detail, "closing");
    }
    if (detail.state !== "confirming") assert.equal((await act(operator, id, { action: "finish", result: "已办结" })).status, 200);
  }
  const judge = async (id) => {
    await api(station, "POST", `/station/requests/${id}/steps`, { action: "confirm" });
    return api(station, "POST", `/station/requests/${id}/steps`, { action: "evaluate", grade: "dissatisfied", text: "等得久" });
  };
  const judged = await killedDuring(2, open.map(({ id }) => () => judge(id)));
  for (const { id } of open) {
    const detail = await read(id);
    const before = acknowledged(judged).find((told) => told.id === id);
    if (before) assert.deepEqual(detail.evaluation, before.evaluation, "the call-back is still due, at the same time");
    assert.equal(detail.evaluation !== null, detail.steps.some((step) => step.kind === "evaluate"));
    historyHas(detail, "finish", ...(detail.state === "confirming" ? [] : ["confirm"]));
  }
});
