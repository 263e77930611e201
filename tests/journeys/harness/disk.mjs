// How long the disk takes to make one small write safe. A server that acknowledges only what is safe cannot be faster than that: on a machine
// whose disk stalls, its figures are read beside this one.

import { join } from "node:path";
import { Worker } from "node:worker_threads";

const EVERY_MS = 50;

const probing = `
  const { closeSync, fsyncSync, openSync, rmSync, writeSync } = require("node:fs");
  const { parentPort, workerData } = require("node:worker_threads");
  const file = openSync(workerData.path, "w");
  const times = [];
  const turn = setInterval(() => {
    const from = performance.now();
    writeSync(file, "x", 0);
    fsyncSync(file);
    times.push(performance.now() - from);
  }, workerData.every);
  parentPort.once("message", () => {
    clearInterval(turn);
    closeSync(file);
    rmSync(workerData.path);
    parentPort.postMessage(times.sort((a, b) => a - b));
  });
`;

/** Probes the disk of `folder` in a thread of its own; `stop` resolves to the sorted times, ms. */
export function probeDisk(folder) {
  const worker = new Worker(probing, { eval: true, workerData: { path: join(folder, "disk.probe"), every: EVERY_MS } });
  return {
    stop: () =>
      new Promise((told, failed) => {
        worker.once("message", told).once("error", failed);
        worker.postMessage("stop");
      }),
  };
}
