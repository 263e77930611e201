// What a journey measured: said at once, beside its aim, and left for the table of `make bench`. A figure is no assertion: machines are noisy.

import { mkdir, writeFile } from "node:fs/promises";

const folder = new URL("../../../target/", import.meta.url);

/** The value at this share, in (0, 1], of values sorted from the least. */
export const percentile = (sorted, share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;

/** Says a duration in ms beside the most it should be (null: it is the machine's), and returns it as a figure of the table. */
export function ms(name, value, aim) {
  const figure = { name, value: Math.round(value * 10) / 10, unit: "ms", aim: aim === null ? "the machine's" : `<= ${aim}`, holds: aim === null || value <= aim };
  console.log(`${name}: ${figure.value} ms (${aim === null ? figure.aim : `aim ${figure.aim}`})`);
  return figure;
}

/** Leaves the figures in target/bench-`part`.json. */
export async function leave(part, figures) {
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`bench-${part}.json`, folder), JSON.stringify(figures));
}
