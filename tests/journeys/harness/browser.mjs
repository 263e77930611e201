// Chromium with a fake camera, and what a person at a screen does and sees.

import { chromium } from "playwright-core";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--ignore-certificate-errors",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
];

/** `cameras`: how many the machine has. `voice`: the WAVE file that its microphone hears again and again, else beeps. */
export async function launch({ wrap, cameras = 1, voice } = {}) {
  return chromium.launch({
    executablePath: wrap ?? process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [...flags, `--use-fake-device-for-media-stream=device-count=${cameras}`, ...(voice ? [`--use-file-for-fake-audio-capture=${voice}`] : [])],
  });
}

/** A screen of its own (cookies, storage), with the camera allowed. */
export async function screen(browser, base, { width = 1440, height = 900 } = {}) {
  const context = await browser.newContext({
    baseURL: base,
    ignoreHTTPSErrors: true,
    viewport: { width, height },
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    permissions: ["camera", "microphone"],
  });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") page.problems.push(message.text());
  });
  return page;
}

/** Where pictures of the screens go, for whoever wants to look; none without it. */
export const SHOTS = process.env.LIANXIAN_SHOTS;
export const shot = async (page, name, how) => SHOTS && page.screenshot({ path: `${SHOTS}/${name}.png`, ...how });

/** REST as this screen's login sees it. */
export async function api(page, method, path, data) {
  const response = await page.request.fetch(`/api/v1${path}`, {
    method,
    data,
    headers: { origin: new URL(page.context()._options?.baseURL ?? page.url()).origin },
  });
  const text = await response.text();
  return { status: response.status(), body: text ? JSON.parse(text) : null };
}

/** How many frames the video has shown so far, and how large they are. */
export function frames(video) {
  return video.evaluate((element) => ({
    shown: element.getVideoPlaybackQuality().totalVideoFrames,
    width: element.videoWidth,
    height: element.videoHeight,
  }));
}
