// The server on a host of its own, and the cable to it (tests/network/two-hosts): what the network tests do to both.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { Installation } from "./server.mjs";

const namespace = process.env.LIANXIAN_TEST_SERVER_NETNS;
const ON_SERVER = ["ip", "netns", "exec", namespace];

/** An installation whose server is on the other host. */
export function overThere() {
  assert.ok(namespace, "run this through tests/network/two-hosts");
  return Installation.make({ host: process.env.LIANXIAN_TEST_SERVER_ADDRESS, wrap: ON_SERVER });
}

/** Runs a command on the server's host; what it printed. */
export function onServer(...words) {
  return execFileSync(ON_SERVER[0], [...ON_SERVER.slice(1), ...words], { encoding: "utf8" });
}

/** The rate at which the server's end of the cable takes bytes, in `tc`'s words, with a queue of 300 ms before it drops. */
export function setRate(rate) {
  onServer("tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "1600", "latency", "300ms");
}

/** Loses this share of the datagrams that leave the server over the cable, and of those that come, each in [0, 1]. */
export function setLoss(leaving, coming = 0) {
  for (const [chain, way, share] of [["OUTPUT", "-o", leaving], ["INPUT", "-i", coming]]) {
    onServer("iptables", "-F", chain);
    if (share > 0) {
      onServer("iptables", "-A", chain, way, "eth0", "-p", "udp", "-m", "statistic", "--mode", "random", "--probability", `${share}`, "-j", "DROP");
    }
  }
}
