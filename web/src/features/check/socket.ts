// Signalling: whether a WebSocket opens at the server, how long a round over it takes, and how far the two clocks are apart.

const ROUNDS = 6;
const PATIENCE_MS = 4_000;

export interface Talk {
  /** The middle of the rounds, in ms. */
  round: number;
  /** How far this computer's clock is ahead of the server's, in ms; as exact as half of the quickest round. */
  offset: number;
}

export interface Round {
  sent: number;
  came: number;
  serverNow: number;
}

/** From rounds told in ms; null when there is none. */
export function sum(rounds: readonly Round[]): Talk | null {
  const byLength = [...rounds].sort((a, b) => a.came - a.sent - (b.came - b.sent));
  const [quickest] = byLength;
  const middle = byLength[Math.floor(byLength.length / 2)];
  if (!quickest || !middle) return null;
  return { round: middle.came - middle.sent, offset: (quickest.sent + quickest.came) / 2 - quickest.serverNow };
}

/** Null: no WebSocket could be opened, or it fell silent. */
export function talk(address: string, signal: AbortSignal): Promise<Talk | null> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address);
    const rounds: Round[] = [];
    // One clock for sent and come that no correction of the computer's time moves.
    const base = Date.now() - performance.now();
    let sent = 0;
    const ask = () => {
      sent = performance.now();
      socket.send(String(rounds.length));
    };
    const end = () => {
      clearTimeout(late);
      signal.removeEventListener("abort", stop);
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
      socket.close();
      resolve(sum(rounds));
    };
    const stop = () => {
      end();
      reject(signal.reason);
    };
    const late = setTimeout(end, PATIENCE_MS);
    signal.addEventListener("abort", stop, { once: true });
    socket.onopen = ask;
    socket.onclose = socket.onerror = end;
    socket.onmessage = ({ data }) => {
      const serverNow = nowOf(data);
      if (serverNow === null) return end();
      rounds.push({ sent: base + sent, came: base + performance.now(), serverNow });
      if (rounds.length < ROUNDS) ask();
      else end();
    };
    if (signal.aborted) stop();
  });
}

function nowOf(data: unknown): number | null {
  if (typeof data !== "string") return null;
  try {
    const said: unknown = JSON.parse(data);
    return typeof said === "object" && said !== null && "now_ms" in said && typeof said.now_ms === "number" ? said.now_ms : null;
  } catch {
    return null;
  }
}
