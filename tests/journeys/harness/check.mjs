// The pre-shift check as whoever sits at the screen runs it.

import assert from "node:assert/strict";

const RUN_MS = 25_000;

/** Starts the check, says that the notes were heard, and waits until the result is kept. How long it took, in ms. */
export async function runCheck(page) {
  const began = Date.now();
  await page.getByRole("button", { name: /开始自检|再检一次/ }).click();
  await page.getByRole("progressbar").waitFor();
  await page.getByRole("button", { name: "听到了", exact: true }).click({ timeout: RUN_MS });
  await page.locator('[data-check-state="done"][data-check-kept="true"]').waitFor({ timeout: RUN_MS });
  return Date.now() - began;
}

/** A topic's row: its verdict, its cause, what it says. */
export async function row(page, topic) {
  const found = page.locator(`[data-check-topic="${topic}"]`);
  return {
    verdict: await found.getAttribute("data-verdict"),
    cause: await found.getAttribute("data-cause"),
    text: (await found.innerText()).replace(/\s+/g, " "),
  };
}

export const TOPICS = ["camera", "microphone", "speaker", "port", "link", "udp", "tcp", "clock", "download", "upload"];

export async function allGood(page) {
  for (const topic of TOPICS) {
    const { verdict, text } = await row(page, topic);
    assert.equal(verdict, "good", `${topic}: ${text}`);
  }
}
