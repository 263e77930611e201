// The one broadcast of this page, with the real camera and the real link.

import { station } from "@/api/calls";
import { Uplink } from "@/live/uplink";
import { Broadcast } from "./broadcast";
import { openCapture } from "./capture";

export const broadcast = new Broadcast({
  link: new Uplink(async () => (await station.linkToken()).token),
  open: openCapture,
  now: Date.now,
  random: Math.random,
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
});
