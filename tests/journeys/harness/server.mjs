// A real server of the product in a folder of its own, and the demo district's offices beside it.

import { spawn, execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const binary = process.env.LIANXIAN_BIN ?? join(root, "target/debug/lianxian");
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** Rejects when `promise` has not settled after `ms`; the message says what was awaited. */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks `probe` again and again until it returns something truthy; for what has no event to wait for. */
export async function eventually(ms, what, probe) {
  const end = Date.now() + ms;
  let last;
  do {
    try {
      const found = await probe();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    await new Promise((r) => setTimeout(r, 50));
  } while (Date.now() < end);
  throw new Error(`${what}: not within ${ms} ms (last: ${last instanceof Error ? last.message : JSON.stringify(last)})`);
}

/** One installation: a data folder with its configuration, in which a server can be started, killed and started again. */
export class Installation {
  #child;
  #offices;
  #log = [];

  static async make({ host = "127.0.0.1", toml = "", wrap = [] } = {}) {
    const made = new Installation();
    made.host = host;
    // The words put before the binary's own, to run it inside a network namespace.
    made.wrap = wrap;
    made.dir = await mkdtemp(join(tmpdir(), "lianxian-"));
    made.config = join(made.dir, "lianxian.toml");
    made.toml = toml;
    await made.#configure(0, 0);
    return made;
  }

  async #configure(port, mediaPort) {
    await writeFile(
      this.config,
      [
        `listen = "${this.host}:${port}"`,
        `data_dir = "${join(this.dir, "data")}"`,
        "[media]",
        `port = ${mediaPort}`,
        `addresses = ["${this.host}"]`,
        this.toml,
        "",
      ].join("\n"),
    );
  }

  /** Fills the empty database with the demo district; resolves to what the command printed. */
  async seed() {
    const words = [...this.wrap, binary, "seed", "--demo", "--config", this.config];
    const { stdout } = await promisify(execFile)(words[0], words.slice(1));
    return stdout;
  }

  /** Starts the server; a second start uses the ports of the first, as a restarted service does. */
  async start() {
    const words = [...this.wrap, binary, "serve", "--config", this.config];
    const child = spawn(words[0], words.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    createInterface({ input: child.stderr }).on("line", (line) => this.#log.push(line));
    const ready = new Promise((found, failed) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (!line.startsWith("{")) return this.#log.push(line);
        const said = JSON.parse(line);
        if (said.ready) found(said);
      });
      child.once("exit", (code, signal) => failed(new Error(`the server ended (${code ?? signal}):\n${this.log()}`)));
    });
    const said = await within(READY_TIMEOUT_MS, "the server's ready line", ready);
    const { port } = new URL(said.https.includes("://") ? said.https : `https://${said.https}`);
    await this.#configure(port, said.media.split(":").pop());
    this.base = `https://${this.host === "127.0.0.1" ? "localhost" : this.host}:${port}`;
    return this;
  }

  /** Ends the server as a power cut would. */
  async kill() {
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  get ca() {
    return join(this.dir, "data/tls/ca.pem");
  }

  /** Starts `count` of the seeded offices; they stream until `stop`. */
  async startOffices(count = 1) {
    const all = JSON.parse(await readFile(join(this.dir, "data/demo-offices.json"), "utf8"));
    const file = join(this.dir, "offices.json");
    await writeFile(file, JSON.stringify(all.slice(0, count)));
    const words = [...this.wrap, binary, "simulate", "--server", this.base, "--ca", this.ca, "--offices", file];
    this.#offices = spawn(words[0], words.slice(1), { stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.#offices.stdout, this.#offices.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#log.push(`offices: ${line}`));
    }
    return all.slice(0, count);
  }

  /** Presses the help key of the `n`-th started office, counted from 1. */
  pressHelpKey(n) {
    this.#offices.stdin.write(`${n}\n`);
  }

  /** What `lianxian doctor` says here, beside the server and not wrapped: its JSON, what people read, and its exit code. */
  async doctor(...words) {
    const told = [];
    for (const form of [["--json"], []]) {
      const ran = promisify(execFile)(binary, ["doctor", ...words, ...form]).then(
        ({ stdout }) => ({ stdout, code: 0 }),
        ({ stdout, code }) => ({ stdout, code }),
      );
      told.push(await ran);
    }
    return { findings: JSON.parse(told[0].stdout).findings, text: told[1].stdout, code: told[1].code };
  }

  /** What the processes said so far, for the message of a failure. */
  log() {
    return this.#log.slice(-80).join("\n");
  }

  async stop() {
    for (const child of [this.#offices, this.#child]) {
      if (!child || child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await within(STOP_TIMEOUT_MS, "a process to end after SIGTERM", gone).catch(async (error) => {
        child.kill("SIGKILL");
        await gone;
        throw error;
      });
    }
    await rm(this.dir, { recursive: true, force: true });
  }
}
