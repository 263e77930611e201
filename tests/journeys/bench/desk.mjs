// How the desk holds under load: a thousand open requests, fifty steps a second by many hands, one person working at the screen.
// Run by `make bench`; leaves its figures in target/bench-desk.json.

import assert from "node:assert/strict";
import { Agent, request as ask } from "node:https";
import { api, launch } from "../harness/browser.mjs";
import { probeDisk } from "../harness/disk.mjs";
import { leave, ms, percentile } from "../harness/figures.mjs";
import { logIn, org } from "../harness/people.mjs";
import { Installation, eventually } from "../harness/server.mjs";

const OPEN = 1_000;
const EVENTS_PER_S = 50;
/** The API alone, and then as long with the desk's page beside it on the same cores: one stall of the disk must not be the p99. */
const PHASE_S = 60;
const API_AIM_MS = 50;
const DESK_AIM_MS = 100;
/** What a quick hand does: six things a second. */
const PACE_MS = 160;
/** The server's limit for one site is 20. */
const WAITING_A_SITE = 15;

const agent = new Agent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false });

/** REST as the page's login sees it, without the browser in between: what is timed is the server. */
async function caller(page, base) {
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  return (method, path, body) =>
    new Promise((done, failed) => {
      const text = body && JSON.stringify(body);
      const sent = ask(`${base}/api/v1${path}`, { method, agent, headers: { cookie, origin: base, ...(text && { "content-type": "application/json" }) } }, (answer) => {
        let told = "";
        answer.setEncoding("utf8").on("data", (part) => (told += part));
        answer.on("end", () => done({ status: answer.statusCode, body: told ? JSON.parse(told) : null }));
      });
      sent.on("error", failed);
      sent.end(text);
    });
}

/** The district's requests, as those who work on them move them on; each step is one event to every desk. */
class District {
  #people;
  #sites;
  #waiting = [];
  #taken = [];
  #confirming = [];
  #turn = 0;
  #raised = 0;

  constructor(people, sites) {
    this.#people = people;
    this.#sites = sites;
  }

  get open() {
    return this.#waiting.length + this.#taken.length + this.#confirming.length;
  }

  /** The next step that is due: the number of open ones stays what it is. */
  next() {
    const turn = this.#turn++ % 4;
    if (turn === 0 || this.#waiting.length === 0) return this.raise();
    if (turn === 1) return this.accept();
    if (turn === 2 || this.#confirming.length === 0) return this.finish();
    return this.confirm();
  }

  async raise() {
    const nth = this.#raised++;
    const site = this.#sites[nth % this.#sites.length];
    const { body } = await this.#made("asker", "POST", "/requests", { site_id: site.id, need: "general", sentence: `群众来访，第 ${nth} 件，请求指导` });
    this.#waiting.push(body.id);
  }

  async accept() {
    const id = this.#waiting.shift();
    await this.#step("operator", id, { action: "accept" });
    this.#taken.push(id);
  }

  async finish() {
    const id = this.#taken.shift();
    await this.#step("operator", id, { action: "finish", result: "已当面答复" });
    this.#confirming.push(id);
  }

  async confirm() {
    await this.#step("asker", this.#confirming.shift(), { action: "confirm" });
  }

  #step(who, id, step) {
    return this.#made(who, "POST", `/requests/${id}/steps`, step);
  }

  async #made(who, method, path, body) {
    const answer = await this.#people[who](method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Raises and moves on until so many are open, in every column. */
  async fill(count) {
    while (this.open < count) {
      for (let n = 0; n < this.#sites.length && this.#waiting.length < this.#sites.length * WAITING_A_SITE; n++) await this.raise();
      while (this.#waiting.length > Math.max(0, (this.#sites.length * WAITING_A_SITE) / 2)) await this.accept();
      while (this.#confirming.length < this.#taken.length / 4) await this.finish();
    }
  }
}

/**
 * Steps by the clock, however long one takes, until `stop` says so. Times count from when a step was due, so that what waits behind a slow
 * one is not left out. Resolves to the sorted times, ms.
 */
async function steps(district, until) {
  const times = [];
  const running = new Set();
  const began = performance.now();
  for (let n = 0; !until(performance.now() - began); n++) {
    const due = began + (n * 1_000) / EVENTS_PER_S;
    const early = due - performance.now();
    if (early > 0) await new Promise((done) => setTimeout(done, early));
    const from = Math.max(due, performance.now() - 1_000);
    const step = district.next().then(() => times.push(performance.now() - from));
    running.add(step);
    void step.finally(() => running.delete(step));
  }
  await Promise.all(running);
  return times.sort((a, b) => a - b);
}

/** A person at the desk: opens cards by mouse and by key, searches, asks for a dialog and leaves it. Resolves to each interaction's time, ms. */
async function work(page, seconds) {
  await page.evaluate(() => {
    window.slow = [];
    // Anything under 16 ms is not told of by the browser: it is counted as that.
    new PerformanceObserver((list) => {
      for (const { interactionId: id, name, duration, startTime, processingStart, processingEnd } of list.getEntries()) {
        if (id) window.slow.push({ id, name, duration, waited: processingStart - startTime, worked: processingEnd - processingStart });
      }
    }).observe({ type: "event", durationThreshold: 16, buffered: false });
  });
  let done = 0;
  // Where a card is, whichever it is by then: under such a load the columns move all the time.
  const pause = () => new Promise((passed) => setTimeout(passed, PACE_MS));
  const click = async (column) => {
    await pause();
    const box = await page.locator(`[data-column=${column}]`).boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + 160 + 40 * (done % 5));
    done += 1;
  };
  const press = async (key) => {
    await pause();
    await page.keyboard.press(key);
    done += 1;
  };
  const end = Date.now() + seconds * 1_000;
  while (Date.now() < end) {
    await click("waiting");
    for (const key of ["j", "j", "k", "Escape", "/"]) await press(key);
    for (const key of "来访") {
      await pause();
      await page.keyboard.insertText(key);
      done += 1;
    }
    for (const key of ["Backspace", "Backspace", "1", "Backspace", "Escape"]) await press(key);
    await click("working");
    for (const key of ["?", "Escape", "j", "k"]) await press(key);
  }
  const slow = await page.evaluate(() => window.slow);
  const longest = new Map();
  for (const one of slow) if (!(longest.get(one.id)?.duration >= one.duration)) longest.set(one.id, one);
  // Where the longest ones spent their time: waiting for the page, in it, or until it was painted.
  for (const { name, duration, waited, worked } of [...longest.values()].sort((a, b) => b.duration - a.duration).slice(0, 5)) {
    const painted = duration - waited - worked;
    console.log(`  ${name}: ${duration} ms (waited ${Math.round(waited)}, worked ${Math.round(worked)}, painted ${Math.round(painted)})`);
  }
  const told = [...longest.values()].map(({ duration }) => duration);
  return { done, times: [...told, ...Array(Math.max(0, done - told.length)).fill(16)].sort((a, b) => a - b) };
}

const installation = await Installation.make();
let browser;
const figures = [];
const figure = (name, value, aim) => figures.push(ms(name, value, aim));
/** The p99 alone would hide a stall: one of a second keeps fifty steps, and one write. */
const disks = (times) => {
  figure("the disk meanwhile: one write made safe, p99", percentile(times, 0.99), null);
  figure("the disk meanwhile: one write made safe, longest", times.at(-1), null);
};
try {
  await installation.seed();
  await installation.start();
  browser = await launch();
  const security = await logIn(browser, installation.base, "secadmin");
  const { body: accounts } = await api(security, "GET", "/accounts");
  const { units, sites } = await org(security);
  const district = units.find((unit) => unit.parent_id === null);
  const head = accounts.find((account) => account.name === "suozhang");
  const granted = await api(security, "POST", `/accounts/${head.id}/grants`, { role: "office_head", unit_id: district.id });
  assert.ok(granted.status < 300, JSON.stringify(granted));
  const asker = await logIn(browser, installation.base, "suozhang");
  const operator = await logIn(browser, installation.base, "zhibanyuan");
  const people = { asker: await caller(asker, installation.base), operator: await caller(operator, installation.base) };
  for (const page of [security, asker, operator]) await page.goto("about:blank");
  const at = new District(people, sites);
  await at.fill(OPEN);
  console.log(`${at.open} requests are open at ${sites.length} sites`);

  let disk = probeDisk(installation.dir);
  const alone = await steps(at, (ms) => ms > PHASE_S * 1_000);
  disks(await disk.stop());
  figure(`${OPEN} open requests, ${EVENTS_PER_S} steps a second: API p99`, percentile(alone, 0.99), API_AIM_MS);
  const read = [];
  for (let n = 0; n < 20; n++) {
    const from = performance.now();
    const { body } = await people.operator("GET", "/requests/open");
    read.push(performance.now() - from);
    assert.equal(body.length, at.open);
  }
  figure(`${OPEN} open requests: the whole list, p95`, percentile(read.sort((a, b) => a - b), 0.95), 100);

  // The desk of somebody whom nothing rings: a ringing call lies over the desk until it is answered.
  const commander = await logIn(browser, installation.base, "zhihuizhang");
  await commander.goto("/desk");
  await commander.locator("[data-column=waiting] [data-request]").first().waitFor();
  let over = false;
  disk = probeDisk(installation.dir);
  const beside = steps(at, () => over);
  const { done, times } = await work(commander, PHASE_S).finally(() => (over = true));
  const busy = await beside;
  disks(await disk.stop());
  figure(`… with a desk's page on the same two cores: API p99`, percentile(busy, 0.99), API_AIM_MS);
  figure(`the desk in Chromium, ${done} interactions meanwhile: p98 to the next paint`, percentile(times, 0.98), DESK_AIM_MS);
  figure(`… longest`, times.at(-1), DESK_AIM_MS);
  // What the page shows in the end is what the server has.
  await eventually(10_000, "the desk shows what is open", async () => {
    const shown = await commander.locator("[data-column] h2 small").allInnerTexts();
    return shown.reduce((sum, text) => sum + Number(text), 0) === at.open;
  });
  await leave("desk", figures);
} finally {
  await browser?.close();
  await installation.stop();
  agent.destroy();
}
