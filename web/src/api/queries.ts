// What can be read, with its key in the query cache. Lists of a noun share the noun as first word, so that an event can drop them all.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import * as calls from "./calls";
import { keepKnown } from "./open-requests";
import type { AuditFilter, CaseTimelineFilter, DirectiveFilter, RegisterFilter, RequestFilter, SessionFilter } from "./types";

const firstPage = null as string | null;

const TURN_LEAST_MS = 1_000;
const TURN_MOST_MS = 3_600_000;

/** How long an answer about the roster holds, by the server's clock: this computer's may be wrong. */
function untilTurn(answer: { at_ms: number; until_ms: number | null } | undefined): number | false {
  if (!answer || answer.until_ms === null) return answer ? TURN_MOST_MS : false;
  return Math.min(TURN_MOST_MS, Math.max(TURN_LEAST_MS, answer.until_ms - answer.at_ms + 200));
}

export const queries = {
  me: () => queryOptions({ queryKey: ["me"], queryFn: ({ signal }) => calls.logins.current({ signal }), staleTime: Infinity }),
  org: () => queryOptions({ queryKey: ["org"], queryFn: ({ signal }) => calls.org.tree({ signal }) }),
  presence: () => queryOptions({ queryKey: ["presence"], queryFn: ({ signal }) => calls.presence.list({ signal }) }),
  purposes: () => queryOptions({ queryKey: ["watches", "purposes"], queryFn: ({ signal }) => calls.watches.purposes({ signal }) }),
  currentWatch: () => queryOptions({ queryKey: ["watches", "current"], queryFn: ({ signal }) => calls.watches.current({ signal }) }),
  session: (id: string) => queryOptions({ queryKey: ["sessions", "one", id], queryFn: ({ signal }) => calls.sessions.get(id, { signal }) }),
  assist: (id: string) => queryOptions({ queryKey: ["assists", id], queryFn: ({ signal }) => calls.assists.get(id, { signal }) }),
  candidates: (id: string) => queryOptions({ queryKey: ["assists", id, "candidates"], queryFn: ({ signal }) => calls.assists.candidates(id, { signal }) }),
  marks: (whose: "account" | "station", id: string) =>
    queryOptions({ queryKey: ["marks", whose, id], queryFn: ({ signal }) => calls.marks(whose).get(id, { signal }) }),
  /** `open`: it grows, so it is asked again as often as an interval is measured. */
  sessionQuality: (id: string, open: boolean) =>
    queryOptions({
      queryKey: ["sessions", "one", id, "quality"],
      queryFn: ({ signal }) => calls.sessions.quality(id, { signal }),
      refetchInterval: open ? 10_000 : false,
    }),
  sessions: (filter: SessionFilter) =>
    infiniteQueryOptions({
      queryKey: ["sessions", "list", filter],
      queryFn: ({ signal, pageParam }) => calls.sessions.list(filter, { cursor: pageParam }, { signal }),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),
  openRequests: () =>
    queryOptions({ queryKey: ["requests", "open"], queryFn: ({ signal }) => calls.requests.open({ signal }), structuralSharing: keepKnown }),
  request: (id: string) => queryOptions({ queryKey: ["requests", "one", id], queryFn: ({ signal }) => calls.requests.get(id, { signal }) }),
  answerers: (id: string) =>
    queryOptions({ queryKey: ["requests", "one", id, "answerers"], queryFn: ({ signal }) => calls.requests.answerers(id, { signal }) }),
  requests: (filter: RequestFilter) =>
    infiniteQueryOptions({
      queryKey: ["requests", "list", filter],
      queryFn: ({ signal, pageParam }) => calls.requests.list(filter, { cursor: pageParam }, { signal }),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),
  guests: (whose: "account" | "station", request: string) =>
    queryOptions({ queryKey: ["guests", request, whose], queryFn: ({ signal }) => calls.guests(whose).board(request, { signal }) }),
  consentTexts: (unit: string) => queryOptions({ queryKey: ["consent-texts", unit], queryFn: ({ signal }) => calls.consentTexts.of(unit, { signal }) }),
  stationConsentText: () => queryOptions({ queryKey: ["station", "consent-text"], queryFn: ({ signal }) => calls.station.consentText({ signal }) }),
  openDirectives: (whose: "account" | "station") =>
    queryOptions({ queryKey: ["directives", "open", whose], queryFn: ({ signal }) => calls.directives(whose).open({ signal }) }),
  directive: (whose: "account" | "station", id: string) =>
    queryOptions({ queryKey: ["directives", "one", whose, id], queryFn: ({ signal }) => calls.directives(whose).get(id, { signal }) }),
  directives: (filter: DirectiveFilter) =>
    infiniteQueryOptions({
      queryKey: ["directives", "list", filter],
      queryFn: ({ signal, pageParam }) => calls.directives("account").list(filter, { cursor: pageParam }, { signal }),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),
  register: (filter: RegisterFilter) =>
    infiniteQueryOptions({
      queryKey: ["register", filter],
      queryFn: ({ signal, pageParam }) => calls.register.list(filter, { cursor: pageParam }, { signal }),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),
  audit: (filter: AuditFilter) =>
    infiniteQueryOptions({
      queryKey: ["audit", "list", filter],
      queryFn: ({ signal, pageParam }) => calls.audit.list(filter, { cursor: pageParam }, { signal }),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),
  chain: () => queryOptions({ queryKey: ["audit", "chain"], queryFn: ({ signal }) => calls.audit.verify({ signal }) }),
  lastCheck: (whose: "account" | "station") =>
    queryOptions({ queryKey: ["checks", whose], queryFn: ({ signal }) => calls.checks(whose).last({ signal }) }),
  case: (number: string) => queryOptions({ queryKey: ["cases", "one", number], queryFn: ({ signal }) => calls.cases.get(number, { signal }) }),
  caseTimeline: (number: string, filter: CaseTimelineFilter) =>
    infiniteQueryOptions({
      queryKey: ["cases", "one", number, "timeline", filter],
      queryFn: ({ signal, pageParam }) => calls.cases.timeline(number, filter, { cursor: pageParam }, { signal }),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),
  casePatterns: () => queryOptions({ queryKey: ["cases", "patterns"], queryFn: ({ signal }) => calls.cases.patterns({ signal }) }),
  /** It differs by the clock alone, too: it is asked again when the server says it may. */
  dutyNow: (unit: string | null) =>
    queryOptions({
      queryKey: ["duty", "now", unit],
      queryFn: ({ signal }) => calls.duty.now(unit, { signal }),
      refetchInterval: (query) => untilTurn(query.state.data),
      refetchIntervalInBackground: true,
    }),
  dutyWeek: (unit: string | null, from: number, to: number) =>
    queryOptions({
      queryKey: ["duty", "week", unit, from, to],
      queryFn: ({ signal }) => calls.duty.week(unit, from, to, { signal }),
      refetchInterval: (query) => untilTurn(query.state.data),
    }),
  dutyPeople: (unit: string) => queryOptions({ queryKey: ["duty", "people", unit], queryFn: ({ signal }) => calls.duty.people(unit, { signal }) }),
  cards: (unit: string | null) => queryOptions({ queryKey: ["cards", unit], queryFn: ({ signal }) => calls.cards.board(unit, { signal }) }),
  requestRules: (unit: string | null) => queryOptions({ queryKey: ["duty", "rules", unit], queryFn: ({ signal }) => calls.requestRules.of(unit, { signal }) }),
  dutySwaps: (unit: string | null) => queryOptions({ queryKey: ["duty", "swaps", unit], queryFn: ({ signal }) => calls.duty.swaps(unit, { signal }) }),
  handovers: (unit: string | null) => queryOptions({ queryKey: ["duty", "handovers", unit], queryFn: ({ signal }) => calls.duty.handovers(unit, { signal }) }),
  persons: () => queryOptions({ queryKey: ["persons"], queryFn: ({ signal }) => calls.people.list({ signal }) }),
  accounts: () => queryOptions({ queryKey: ["accounts"], queryFn: ({ signal }) => calls.accounts.list({ signal }) }),
  station: () => queryOptions({ queryKey: ["station", "view"], queryFn: ({ signal }) => calls.station.view({ signal }) }),
  stationRequests: () => queryOptions({ queryKey: ["station", "requests"], queryFn: ({ signal }) => calls.station.requests({ signal }) }),
  stationLedger: () =>
    infiniteQueryOptions({
      queryKey: ["station", "ledger"],
      queryFn: ({ signal, pageParam }) => calls.station.ledger({ cursor: pageParam }, { signal }),
      initialPageParam: firstPage,
      getNextPageParam: (page) => page.next,
    }),
};
