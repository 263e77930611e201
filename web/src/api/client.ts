// One way to the server: typed JSON in and out, problems thrown as `Problem`, a login that is over told once to whoever shows the login page.

import { heardDate } from "@/lib/now";
import { isProblemBody, Problem } from "@/lib/problem";

const PREFIX = "/api/v1";

type Value = string | number | boolean | null | undefined;
export type Query = { [key: string]: Value };

const loginOver = new Set<() => void>();

/** Called when the server says that this login is over. */
export function onLoginOver(listener: () => void): () => void {
  loginOver.add(listener);
  return () => loginOver.delete(listener);
}

export function tellLoginOver(): void {
  for (const listener of [...loginOver]) listener();
}

export interface Ask {
  query?: Query;
  body?: unknown;
  /** Instead of a JSON body. */
  text?: { type: string; body: string };
  signal?: AbortSignal;
  /** A retry under the same key is answered with what the first one did. */
  key?: string;
  /** A 401 is this call's own matter: logging in, or a device's call. */
  ownLogin?: boolean;
}

/** The full address of a call, also for downloads and event streams. Empty values are left out. */
export function address(path: string, query: object = {}): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(query as Query)) {
    if (value !== undefined && value !== null && value !== "") said.set(name, String(value));
  }
  const text = said.toString();
  return `${PREFIX}${path}${text && `?${text}`}`;
}

async function ask<T>(method: string, path: string, { query, body, text: sent, signal, key, ownLogin }: Ask = {}): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (sent) headers["content-type"] = sent.type;
  if (method !== "GET") headers["idempotency-key"] = key ?? crypto.randomUUID();
  const sent_ms = Date.now();
  let response: Response;
  let text: string;
  try {
    response = await fetch(address(path, query), {
      method,
      headers,
      credentials: "same-origin",
      ...(sent ? { body: sent.body } : body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    heardDate(response.headers.get("date"), sent_ms);
    // The line may break in the middle of the answer.
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw Problem.unreachable();
  }
  const answer = read(text);
  if (response.ok) return answer as T;
  const problem = isProblemBody(answer) ? new Problem(answer) : Problem.ofStatus(response.status);
  if (response.status === 401 && !ownLogin) tellLoginOver();
  throw problem;
}

/** Bytes instead of JSON: for measuring the line. The answer's body is left to the caller. */
export async function bytes(method: "GET" | "POST", path: string, { query, body, signal }: { query?: Query; body?: Blob; signal?: AbortSignal } = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address(path, query), {
      method,
      credentials: "same-origin",
      cache: "no-store",
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/octet-stream" } }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw Problem.unreachable();
  }
  if (response.ok) return response;
  const answer = read(await response.text());
  throw isProblemBody(answer) ? new Problem(answer) : Problem.ofStatus(response.status);
}

/** A spreadsheet, sent as CSV in UTF-8. */
export async function sheet<T>(path: string, text: string, query: Query): Promise<T> {
  return ask<T>("POST", path, { query, text: { type: "text/csv", body: text } });
}

export interface Sending {
  /** Hears how much is on its way, from 0 to 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** A file with its progress, which `fetch` does not tell. Aborted, it rejects with the signal's reason. */
export function upload<T>(path: string, query: Query, file: Blob, { onProgress, signal }: Sending): Promise<T> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const over = () => signal?.removeEventListener("abort", abort);
    request.open("POST", address(path, query));
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    request.onload = () => {
      over();
      const answer = read(request.responseText);
      if (request.status >= 200 && request.status < 300) done(answer as T);
      else failed(isProblemBody(answer) ? new Problem(answer) : Problem.ofStatus(request.status));
    };
    request.onerror = () => {
      over();
      failed(Problem.unreachable());
    };
    request.onabort = () => {
      over();
      failed(signal?.reason ?? new DOMException("aborted", "AbortError"));
    };
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) failed(signal.reason);
    else request.send(file);
  });
}

function read(text: string): unknown {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const http = {
  get: <T>(path: string, how?: Ask) => ask<T>("GET", path, how),
  post: <T>(path: string, body?: unknown, how?: Ask) => ask<T>("POST", path, { ...how, body: body ?? {} }),
  patch: <T>(path: string, body: unknown, how?: Ask) => ask<T>("PATCH", path, { ...how, body }),
  put: <T>(path: string, body: unknown, how?: Ask) => ask<T>("PUT", path, { ...how, body }),
  delete: <T = null>(path: string, how?: Ask) => ask<T>("DELETE", path, how),
};
