// Whether media gets through over UDP alone, or over TCP alone: a real connection to a peer of the server that lives for some
// seconds. The other protocol's candidates are taken out of the answer, so that a connection proves the one that is left.

import { Problem } from "@/lib/problem";
import type { Reach } from "./judge";

export type Protocol = "udp" | "tcp";

/** A way that is open answers within a round trip or two; a closed one never. */
const PATIENCE_MS = 4_000;

/** The answer with the candidates of one protocol, and their ports. Lines are those of RFC 8839: `a=candidate:<foundation> <component> <protocol> <priority> <address> <port> …`. */
export function only(sdp: string, protocol: Protocol): { sdp: string; ports: number[] } {
  const ports = new Set<number>();
  const lines = sdp.split(/\r\n|\n/).filter((line) => {
    if (!line.startsWith("a=candidate:")) return true;
    const [, , itsProtocol, , , port] = line.split(" ");
    if (itsProtocol?.toLowerCase() !== protocol) return false;
    ports.add(Number(port));
    return true;
  });
  return { sdp: lines.join("\r\n"), ports: [...ports].filter((port) => Number.isInteger(port) && port > 0) };
}

export async function reach(protocol: Protocol, openPeer: (offer: string) => Promise<{ sdp: string }>, signal: AbortSignal): Promise<Reach> {
  if (typeof RTCPeerConnection === "undefined") return { is: "untried", cause: "no_webrtc" };
  const connection = new RTCPeerConnection();
  try {
    connection.createDataChannel("check");
    await connection.setLocalDescription(await connection.createOffer());
    let answer: { sdp: string };
    try {
      answer = await openPeer(connection.localDescription?.sdp ?? "");
    } catch (error) {
      signal.throwIfAborted();
      return { is: "untried", cause: error instanceof Problem && error.status === 429 ? "busy" : "no_peer" };
    }
    const { sdp, ports } = only(answer.sdp, protocol);
    const [port] = ports;
    if (port === undefined) return { is: "absent" };
    const connected = settles(connection, signal);
    await connection.setRemoteDescription({ type: "answer", sdp });
    if (!(await connected)) return { is: "blocked", port };
    return { is: "reached", port: (await selectedPort(connection, protocol)) ?? port };
  } finally {
    connection.close();
  }
}

/** True once the handshake is through; false when it failed or takes too long. */
function settles(connection: RTCPeerConnection, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => end(false), PATIENCE_MS);
    const end = (reached: boolean) => {
      clearTimeout(late);
      connection.removeEventListener("connectionstatechange", look);
      signal.removeEventListener("abort", stop);
      resolve(reached);
    };
    const look = () => {
      if (connection.connectionState === "connected") end(true);
      if (connection.connectionState === "failed" || connection.connectionState === "closed") end(false);
    };
    const stop = () => {
      end(false);
      reject(signal.reason);
    };
    connection.addEventListener("connectionstatechange", look);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
}

/** The server's port of the pair in use, if the browser tells it; null also when it is not of this protocol. */
async function selectedPort(connection: RTCPeerConnection, protocol: Protocol): Promise<number | null> {
  const stats = await connection.getStats();
  const all: Record<string, unknown>[] = [];
  stats.forEach((report: Record<string, unknown>) => all.push(report));
  const pair = all.find((report) => report.type === "candidate-pair" && report.state === "succeeded" && report.nominated !== false);
  const remote = all.find((report) => pair !== undefined && report.id === pair.remoteCandidateId);
  return remote && remote.protocol === protocol && typeof remote.port === "number" ? remote.port : null;
}
