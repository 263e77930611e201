// The one broadcast of this page, with the real camera and the real link; and that link, for whom an assistance lets it hear.

import { station } from "@/api/calls";
import { Uplink } from "@/live/uplink";
import { Broadcast } from "./broadcast";
import { openCapture } from "./capture";

export const uplink = new Uplink(async () => (await station.linkToken()).token);

export const broadcast = new Broadcast({
  link: uplink,
  open: openCapture,
  now: Date.now,
  random: Math.random,
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
});
