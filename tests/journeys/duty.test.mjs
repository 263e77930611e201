// The duty roster: a shift planned, moved by hand, the week copied, handed over by two signatures, and the red alarm.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch, shot } from "./harness/browser.mjs";
import { logIn, org, PASSWORD } from "./harness/people.mjs";
import { eventually, Installation } from "./harness/server.mjs";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

let installation, browser, chief, street;

/** Monday, midnight in Beijing. */
function weekStart(ms) {
  const days = Math.floor((ms + 8 * HOUR) / DAY);
  return (days - ((days + 3) % 7)) * DAY - 8 * HOUR;
}

const nextWeek = () => weekStart(Date.now()) + WEEK;
const dayText = (ms) => new Date(ms + 8 * HOUR).toISOString().slice(0, 10);

before(async () => {
  installation = await Installation.make();
  await installation.seed();
  await installation.start();
  browser = await launch();
  chief = await logIn(browser, installation.base, "zhibanzhang");
  const { units } = await org(chief);
  street = units.find((unit) => unit.name === "华明街道");
});

after(async () => {
  await browser?.close();
  await installation?.stop();
});

async function week(from) {
  const { status, body } = await api(chief, "GET", `/duty/week?unit_id=${street.id}&from_ms=${from}&to_ms=${from + WEEK}`);
  assert.equal(status, 200);
  return body.shifts.filter((shift) => shift.unit.id === street.id);
}

test("a shift is planned in the dialog, moved by dragging, put back, and the week is copied", async () => {
  const monday = nextWeek();
  await chief.goto(`/duty?unit=${street.id}&week=${dayText(monday)}`);
  await chief.locator(`[data-week="${dayText(monday)}"]`).waitFor();
  await chief.getByRole("button", { name: /^排\s*班$/ }).click();
  const dialog = chief.getByRole("dialog");
  await dialog.getByLabel("人员").click();
  await chief.keyboard.type("杨静");
  await chief.keyboard.press("Enter");
  await dialog.getByLabel("开始日期").fill(dayText(monday + DAY));
  await dialog.getByLabel("开始时间").fill("08:00");
  await dialog.getByLabel("结束日期").fill(dayText(monday + DAY));
  await dialog.getByLabel("结束时间").fill("07:00");
  await dialog.getByRole("button", { name: /^保\s*存$/ }).click();
  await dialog.getByText("结束须晚于开始，一班最长 24 小时").waitFor();
  await dialog.getByLabel("结束时间").fill("20:00");
  await dialog.getByRole("button", { name: /^保\s*存$/ }).click();
  await dialog.waitFor({ state: "hidden" });
  const [planned] = await eventually(15_000, "the shift is on the roster", async () => {
    const shifts = await week(monday);
    return shifts.length === 1 && shifts;
  });
  assert.equal(planned.starts_ms, monday + DAY + 8 * HOUR);

  const bar = chief.locator(`[data-shift="${planned.id}"][data-grips="true"]`);
  const box = await bar.boundingBox();
  const lane = await bar.locator("..").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await chief.mouse.move(x, y);
  await chief.mouse.down();
  await chief.mouse.move(x + lane.width / 14, y, { steps: 4 });
  await chief.mouse.move(x + lane.width / 7, y, { steps: 4 });
  await chief.mouse.up();
  await chief.getByText(/杨静的班次已改为/).waitFor();
  const [moved] = await week(monday);
  assert.equal(moved.starts_ms, planned.starts_ms + DAY, "a day later");
  assert.equal(moved.ends_ms - moved.starts_ms, 12 * HOUR);
  await chief.getByRole("button", { name: /^撤\s*销$/ }).click();
  await eventually(15_000, "the shift is back", async () => (await week(monday))[0].starts_ms === planned.starts_ms);

  // Somebody else changes it while the dialog is open: the later one is told, and what they chose is still there.
  await bar.click();
  await dialog.getByLabel("结束时间").fill("19:00");
  const [known] = await week(monday);
  const heard = chief.waitForResponse((answer) => answer.url().includes("/duty/week"));
  const theirs = await api(chief, "PATCH", `/duty/shifts/${planned.id}`, { version: known.version, mode: "phone" });
  assert.equal(theirs.status, 200, JSON.stringify(theirs));
  await heard;
  await dialog.getByRole("button", { name: /^保\s*存$/ }).click();
  await dialog.getByText("数据已被他人修改").waitFor();
  assert.equal(await dialog.getByLabel("结束时间").inputValue(), "19:00");
  assert.equal((await week(monday))[0].mode, "phone");
  await shot(chief, "shift-conflict");
  await dialog.getByRole("button", { name: /^取\s*消$/ }).click();
  await dialog.waitFor({ state: "hidden" });

  await chief.getByRole("button", { name: "上一周" }).waitFor();
  await chief.getByRole("button", { name: "下一周" }).click();
  await chief.locator(`[data-week="${dayText(monday + WEEK)}"]`).waitFor();
  await chief.getByRole("button", { name: "复制上周" }).click();
  await chief.getByRole("dialog").getByRole("button", { name: "复制上周" }).click();
  await chief.getByText("已复制 1 个班次").waitFor();
  const [copied] = await week(monday + WEEK);
  assert.equal(copied.starts_ms, planned.starts_ms + WEEK);
  await chief.getByRole("dialog").getByRole("button", { name: /^关\s*闭$/ }).last().click();
});

test("a sheet with a wrong line imports nothing and names the line; corrected, it is taken", async () => {
  const monday = nextWeek();
  await chief.goto(`/duty?unit=${street.id}&week=${dayText(monday)}`);
  await chief.getByRole("button", { name: /^导\s*入$/ }).click();
  const heading = "姓名,岗位,开始时间,结束时间";
  const good = `何平,值班员,${dayText(monday + 3 * DAY)} 08:00,${dayText(monday + 3 * DAY)} 20:00`;
  const file = (text) => ({ name: "值班表.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  const picker = chief.getByRole("dialog").locator('input[type="file"]');
  await picker.setInputFiles(file(`\ufeff${heading}\r\n${good}\r\n何平,门卫,昨天,今天\r\n`));
  await chief.locator('[data-bad-line="3"]').waitFor();
  assert.match(await chief.locator('[data-bad-line="3"]').innerText(), /岗位\s+门卫\s+须为/);
  assert.equal((await week(monday)).filter((shift) => shift.person.name === "何平").length, 0);
  await picker.setInputFiles(file(`\ufeff${heading}\r\n${good}\r\n`));
  await chief.locator('[data-imported="1"]').waitFor();
  assert.equal((await week(monday)).filter((shift) => shift.person.name === "何平").length, 1);
});

test("a swap is asked for from one's own shift, refused with a word, asked again and approved: the roster follows", async () => {
  const from = nextWeek() + 2 * WEEK;
  const { body: people } = await api(chief, "GET", `/duty/people?unit_id=${street.id}`);
  const plan = async (name, day) => {
    const shift = { unit_id: street.id, person_id: people.find((person) => person.name === name).id, role: "operator", mode: "office", skills: ["general"], starts_ms: from + day * DAY + 8 * HOUR, ends_ms: from + day * DAY + 20 * HOUR };
    const made = await api(chief, "POST", "/duty/shifts", shift);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body;
  };
  const [mine, theirs] = [await plan("杨静", 1), await plan("何平", 2)];
  const staff = await logIn(browser, installation.base, "gongzuoyuan");
  const ask = async (reason) => {
    await staff.goto(`/duty?unit=${street.id}&week=${dayText(from)}`);
    await staff.locator(`[data-shift="${mine.id}"]`).first().click();
    await staff.getByRole("button", { name: "申请换班" }).click();
    const dialog = staff.getByRole("dialog");
    await dialog.getByRole("button", { name: "提交申请" }).click();
    await dialog.getByText("必填").first().waitFor();
    await dialog.getByLabel("换给").click();
    await staff.keyboard.type("何平");
    await staff.keyboard.press("Enter");
    await dialog.getByLabel("换回对方的班次（可不选）").click();
    await staff.keyboard.press("Enter");
    await dialog.getByLabel("原因").fill(reason);
    await dialog.getByRole("button", { name: "提交申请" }).click();
    await staff.getByText("已提交，等待值班长审批").waitFor();
  };
  await ask("家中有事");
  await chief.goto(`/duty?unit=${street.id}&tab=swaps`);
  const asked = chief.locator('[data-swap="asked"]');
  await asked.getByText("家中有事").waitFor();
  await shot(chief, "duty-swaps");
  await asked.getByLabel("意见").fill("当天有检查");
  await asked.getByRole("button", { name: /^拒\s*绝$/ }).click();
  await chief.locator('[data-swap="refused"]').getByText("当天有检查").waitFor();
  const persons = async () => {
    const shifts = await week(from);
    return [mine, theirs].map(({ id }) => shifts.find((shift) => shift.id === id).person.name);
  };
  assert.deepEqual(await persons(), ["杨静", "何平"], "a refused swap changes nothing");
  await ask("检查后再换");
  await asked.getByText("检查后再换").waitFor({ timeout: 15_000 });
  await asked.getByRole("button", { name: /^同\s*意$/ }).click();
  await chief.locator('[data-swap="approved"]').waitFor();
  assert.deepEqual(await persons(), ["何平", "杨静"], "both shifts change hands");
  // Whoever asked sees what came of it.
  await staff.goto(`/duty?unit=${street.id}&tab=swaps`);
  await staff.locator('[data-swap="approved"]').getByText("检查后再换").waitFor();
  assert.equal(await staff.getByRole("button", { name: /^同\s*意$/ }).count(), 0);
  await staff.context().close();
});

test("the outgoing person signs over what is open, the incoming one takes over on a narrow screen", async () => {
  const now = Date.now();
  const { body: people } = await api(chief, "GET", `/duty/people?unit_id=${street.id}`);
  const id = (name) => people.find((person) => person.name === name).id;
  const plan = async (name, starts, ends) => {
    const shift = { unit_id: street.id, person_id: id(name), role: "operator", mode: "office", skills: ["general"], starts_ms: starts, ends_ms: ends };
    const made = await api(chief, "POST", "/duty/shifts", shift);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return made.body;
  };
  await plan("杨静", now - HOUR, now + HOUR / 2);
  const night = await plan("何平", now + HOUR / 2, now + 8 * HOUR);
  const staff = await logIn(browser, installation.base, "gongzuoyuan");
  await staff.goto(`/duty?unit=${street.id}&tab=handovers`);
  await staff.getByRole("button", { name: "交班签字" }).click();
  await staff.getByLabel("交班留言").fill("调解室门锁坏了，已报修");
  await staff.getByRole("button", { name: "签字交班" }).click();
  await staff.locator('[data-card="waits"]').getByText("待接班人签字").waitFor();
  const adviser = await logIn(browser, installation.base, "cunjuguwen", PASSWORD, { width: 390, height: 844 });
  await adviser.goto(`/duty?unit=${street.id}&tab=handovers`);
  await adviser.getByText("调解室门锁坏了，已报修").waitFor();
  await adviser.getByLabel("接班意见").fill("已知悉");
  await adviser.getByRole("button", { name: "签字接班" }).click();
  await adviser.locator('[data-card="signed"]').waitFor();
  // The other screen is told.
  await staff.goto(`/duty?unit=${street.id}&tab=handovers`);
  await staff.locator('[data-card="signed"]').getByText(/接班：何平 .* 已签/).waitFor();
  const { body } = await api(chief, "GET", `/duty/now?unit_id=${street.id}`);
  assert.ok(body.next.find((shift) => shift.id === night.id).arrived_ms, "signing is reporting");
  const wide = await adviser.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
  assert.ok(wide, "nothing hangs over the narrow screen's edge");
});

test("an empty shift is a red alarm in every room, gone when somebody is planned", async () => {
  await chief.goto("/records");
  await chief.getByRole("navigation").waitFor();
  assert.equal(await chief.locator("[data-duty-alarm]").count(), 0);
  const { body: now } = await api(chief, "GET", "/duty/now");
  for (const shift of now.on.filter((shift) => shift.role === "operator")) {
    const left = await api(chief, "POST", `/duty/shifts/${shift.id}/departure`);
    assert.equal(left.status, 200, JSON.stringify(left.body));
  }
  await chief.locator("[data-duty-alarm]").waitFor({ timeout: 15_000 });
  await chief.locator("[data-duty-alarm]").click();
  await chief.locator("[data-alarm]").getByText("当前没有值班员在岗").waitFor();
  await chief.locator("[data-gap]:enabled").first().click();
  const dialog = chief.getByRole("dialog");
  await dialog.getByLabel("人员").click();
  await chief.keyboard.type("赵海涛");
  await chief.keyboard.press("Enter");
  await dialog.getByRole("button", { name: /^保\s*存$/ }).click();
  await dialog.waitFor({ state: "hidden" });
  // One refusal was meant: the dialog that was too late.
  assert.deepEqual(chief.problems.filter((one) => !/409/.test(one)), []);
  // A gap is filled from now on.
  await chief.locator("[data-duty-alarm]").waitFor({ state: "detached", timeout: 15_000 });
});
