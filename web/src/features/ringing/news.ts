// What a person is to be told of the requests in their hands: given to them, or reminded 催办. Told by comparing what the page knew with
// what it knows now, so that nothing old is told after a reload, and nothing is lost with a line that broke. Pure.

import type { RequestView } from "@/api/types";

export type NewsKind = "given" | "reminded";

export interface News {
  kind: NewsKind;
  request: RequestView;
}

/** One notice for each kind and request. */
export const newsKey = (kind: NewsKind, request: string): string => `${kind} ${request}`;

function isGiven(request: RequestView | undefined, person: string): boolean {
  return request?.state === "dispatched" && request.assignee?.person_id === person;
}

/** Whoever has it; of what was closed, whoever had it last. */
function isTheirs(request: RequestView, person: string): boolean {
  return (request.assignee ?? request.owner)?.person_id === person;
}

/** How often its clocks were said to have run out: a reminder is told once for each. */
function reminders(request: RequestView): number {
  const clocks = [request.response, request.pickup, request.closing].filter((clock) => clock.reminded_ms !== null && clock.stopped_ms === null);
  return clocks.length + (request.evaluation?.call_back_reminded ? 1 : 0);
}

/** The newest reminder of its clocks; 0 without one. */
function remindedAt(request: RequestView): number {
  return Math.max(...[request.response, request.pickup, request.closing].map((clock) => clock.reminded_ms ?? 0));
}

export function newsOf(before: readonly RequestView[], now: readonly RequestView[], person: string): News[] {
  const known = new Map(before.map((request) => [request.id, request]));
  const news: News[] = [];
  for (const request of now) {
    const was = known.get(request.id);
    if (was === request) continue;
    if (isGiven(request, person) && !isGiven(was, person)) news.push({ kind: "given", request });
    const grew = was && (remindedAt(request) > remindedAt(was) || (request.evaluation?.call_back_reminded && !was.evaluation?.call_back_reminded));
    if (grew && isTheirs(request, person)) news.push({ kind: "reminded", request });
  }
  return news;
}

/** Whether what was told still holds; a notice of what is settled goes by itself. */
export function holds(kind: NewsKind, request: RequestView | undefined, person: string): boolean {
  if (!request) return false;
  return kind === "given" ? isGiven(request, person) : isTheirs(request, person) && reminders(request) > 0;
}
