// The line to the server's port, as something that can be cut. Media does not pass here.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class Cable {
  #listener;
  #sockets = new Set();
  #held = [];
  #holds = false;

  /** Laid to `host:port`; what connects to `port` of this machine's loopback reaches it. */
  static async lay(host, port) {
    const cable = new Cable();
    cable.there = { host, port };
    cable.port = 0;
    await cable.mend();
    return cable;
  }

  async mend() {
    this.#holds = false;
    for (const socket of this.#held.splice(0)) this.#join(socket);
    if (this.#listener?.listening) return;
    this.#listener = createServer((here) => this.#join(here));
    this.#listener.listen(this.port, "127.0.0.1");
    await once(this.#listener, "listening");
    this.port = this.#listener.address().port;
  }

  /** Resets every connection, and refuses new ones; or lets them wait, as they do where packets are lost. */
  async cut({ hold = false } = {}) {
    this.#holds = hold;
    const closed = hold ? null : once(this.#listener, "close");
    if (!hold) this.#listener.close();
    for (const socket of [...this.#sockets, ...this.#held.splice(0)]) socket.resetAndDestroy();
    await closed;
  }

  #join(here) {
    if (this.#holds) return void this.#held.push(here.on("error", () => undefined));
    const there = connect(this.there);
    for (const [one, other] of [[here, there], [there, here]]) {
      this.#sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
