// The desk as figures: which column a request stands in, which clock counts, and what this person may do to it. Pure.

import { callBackDue } from "@/api/open-requests";
import type { ClockView, Me, RequestState, RequestView, Right } from "@/api/types";

export type ColumnName = "waiting" | "given" | "working" | "suspended" | "confirming" | "callBack";

const COLUMN: Partial<Record<RequestState, ColumnName>> = {
  waiting: "waiting",
  accepted: "given",
  dispatched: "given",
  taken: "working",
  connected: "working",
  handling: "working",
  suspended: "suspended",
  confirming: "confirming",
};

export const COLUMNS: readonly ColumnName[] = ["waiting", "given", "working", "suspended", "confirming", "callBack"];

export type ClockName = "response" | "pickup" | "closing" | "callBack";

export interface Counting {
  name: ClockName;
  /** Milliseconds left; negative: overdue. */
  left: number;
  state: "calm" | "soon" | "overdue" | "paused";
}

/** Less than this share of the time is left: soon. */
const SOON = 0.25;

/** The clock that matters most now: of the running ones, the one that is due first; else one that stands still. */
export function counting(request: RequestView, now: number): Counting | null {
  const callBack = callBackDue(request) ? request.evaluation : null;
  if (callBack?.call_back_by_ms != null) {
    const left = callBack.call_back_by_ms - now;
    const whole = callBack.call_back_by_ms - callBack.at_ms;
    return { name: "callBack", left, state: left < 0 ? "overdue" : left < whole * SOON ? "soon" : "calm" };
  }
  const clocks: [ClockName, ClockView][] = [["response", request.response], ["pickup", request.pickup], ["closing", request.closing]];
  const live = clocks.filter(([, clock]) => clock.started_ms !== null && clock.stopped_ms === null && clock.due_ms !== null);
  const found = live
    .map(([name, clock]): Counting => {
      const paused = clock.paused_since_ms !== null;
      const until = (clock.due_ms ?? 0) - (clock.paused_since_ms ?? now);
      const whole = (clock.due_ms ?? 0) - (clock.started_ms ?? 0) - clock.paused_ms;
      return { name, left: until, state: paused ? "paused" : until < 0 ? "overdue" : until < whole * SOON ? "soon" : "calm" };
    })
    .sort((a, b) => a.left - b.left);
  return found[0] ?? null;
}

const URGENCY = { life: 0, utilities: 1, ordinary: 2 } as const;

/** Each column with the most pressing first: overdue, urgent, then whoever waits longest. */
export function columnsOf(requests: readonly RequestView[], now: number): Record<ColumnName, RequestView[]> {
  const columns: Record<ColumnName, RequestView[]> = { waiting: [], given: [], working: [], suspended: [], confirming: [], callBack: [] };
  const rank = new Map<string, number>();
  for (const request of requests) {
    const column = callBackDue(request) ? "callBack" : COLUMN[request.state];
    if (!column) continue;
    rank.set(request.id, counting(request, now)?.state === "overdue" ? 0 : 1);
    columns[column].push(request);
  }
  for (const column of COLUMNS) {
    columns[column].sort((a, b) => (rank.get(a.id) ?? 1) - (rank.get(b.id) ?? 1) || URGENCY[a.urgency] - URGENCY[b.urgency] || a.raised_ms - b.raised_ms);
  }
  return columns;
}

/** The very same requests in the same order. */
export function sameRequests(a: readonly RequestView[], b: readonly RequestView[]): boolean {
  return a.length === b.length && a.every((request, at) => request === b[at]);
}

/** Whether the typed words are all in what a card shows. */
export function matches(request: RequestView, typed: string): boolean {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = [request.number, request.site?.name, request.unit?.name, request.sentence, request.asker, request.assignee?.name, request.case?.raw]
    .filter(Boolean)
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

export type Act =
  | "accept" | "take" | "connect" | "finish" | "return" | "dispatch" | "suspend" | "extend" | "grant" | "deny" | "resume" | "merge" | "withdraw"
  | "callBack" | "archive";

/** What this person may do to it now, the likeliest first. The server decides again. */
export function actsOf(request: RequestView, me: Me): Act[] {
  const holds = (right: Right) => me.rights.includes(right);
  const answers = holds("requests.answer");
  const manages = holds("requests.manage");
  const mine = request.assignee?.person_id === me.person.id;
  const { state } = request;
  const is = (...states: RequestState[]) => states.includes(state);
  const acts: [Act, boolean][] = [
    ["grant", manages && request.plea !== null && is("taken", "handling")],
    ["deny", manages && request.plea !== null && is("taken", "handling")],
    ["accept", answers && is("waiting", "accepted")],
    ["take", answers && mine && is("dispatched")],
    ["connect", answers && mine && is("taken", "handling")],
    ["finish", answers && mine && is("taken", "connected", "handling")],
    ["callBack", answers && is("closed") && request.evaluation?.call_back_by_ms != null],
    ["resume", (manages || mine) && is("suspended")],
    ["dispatch", (manages && is("waiting", "accepted", "dispatched", "taken", "handling")) || (mine && is("dispatched", "taken", "handling"))],
    ["return", answers && mine && is("dispatched", "taken", "handling")],
    ["suspend", answers && mine && request.plea === null && is("taken", "handling")],
    ["extend", answers && mine && request.plea === null && is("taken", "handling")],
    ["merge", (manages || mine || (answers && !request.assignee)) && is("waiting", "accepted", "dispatched", "taken", "handling", "suspended")],
    ["archive", manages && (is("reviewed") || (is("closed") && request.evaluation?.call_back_by_ms == null))],
    ["withdraw", manages && is("waiting", "accepted", "dispatched", "taken", "connected", "handling", "suspended")],
  ];
  return acts.filter(([, may]) => may).map(([act]) => act);
}
