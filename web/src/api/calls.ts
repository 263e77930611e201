// The calls of the REST interface by noun. Features call these; nobody else spells a path.

import { address, type Ask, bytes, http, type Query, type Sending, sheet, upload } from "./client";
import type * as t from "./types";

const id = encodeURIComponent;
const query = (filter: object, page: object = {}) => ({ ...filter, ...page }) as Query;

export interface PageAsk {
  cursor?: string | null;
  limit?: number;
}

export const logins = {
  open: (account: string, password: string) => http.post<t.Me>("/logins", { account, password }, { ownLogin: true }),
  current: (how?: Ask) => http.get<t.Me>("/logins/current", how),
  close: () => http.delete("/logins/current"),
  changePassword: (old: string, fresh: string) => http.post<null>("/logins/current/password", { old, new: fresh }),
};

export const org = {
  tree: (how?: Ask) => http.get<t.OrgTree>("/org", how),
  addUnit: (unit: t.NewUnit) => http.post<t.Unit>("/org/units", unit),
  changeUnit: (unit: string, patch: t.UnitPatch) => http.patch<t.Unit>(`/org/units/${id(unit)}`, patch),
  addSite: (site: t.NewSite) => http.post<t.Site>("/org/sites", site),
  changeSite: (site: string, patch: t.SitePatch) => http.patch<t.Site>(`/org/sites/${id(site)}`, patch),
  addEndpoint: (endpoint: t.NewEndpoint) => http.post<t.Endpoint>("/org/endpoints", endpoint),
  changeEndpoint: (endpoint: string, patch: t.EndpointPatch) => http.patch<t.Endpoint>(`/org/endpoints/${id(endpoint)}`, patch),
  enrolment: (endpoint: string) => http.post<t.EnrolmentCode>(`/org/endpoints/${id(endpoint)}/enrolment`),
  deviceToken: (endpoint: string) => http.post<t.DeviceToken>(`/org/endpoints/${id(endpoint)}/device-token`),
};

export const people = {
  list: (how?: Ask) => http.get<t.Person[]>("/persons", how),
  add: (person: t.NewPerson) => http.post<t.Person>("/persons", person),
  change: (person: string, patch: t.PersonPatch) => http.patch<t.Person>(`/persons/${id(person)}`, patch),
};

export const accounts = {
  list: (how?: Ask) => http.get<t.AccountView[]>("/accounts", how),
  add: (account: t.NewAccount) => http.post<t.AccountView>("/accounts", account),
  change: (account: string, patch: t.AccountPatch) => http.patch<t.AccountView>(`/accounts/${id(account)}`, patch),
  grants: (account: string, how?: Ask) => http.get<t.RoleGrant[]>(`/accounts/${id(account)}/grants`, how),
  grant: (account: string, grant: t.NewGrant) => http.post<t.RoleGrant>(`/accounts/${id(account)}/grants`, grant),
  withdraw: (account: string, grant: string) => http.delete(`/accounts/${id(account)}/grants/${id(grant)}`),
};

export const presence = {
  list: (how?: Ask) => http.get<t.PresenceView[]>("/presence", how),
};

export const watches = {
  purposes: (how?: Ask) => http.get<string[]>("/watches/purposes", how),
  current: (how?: Ask) => http.get<t.Watch | null>("/watches/current", how),
  open: (purpose: string) => http.post<t.Watch>("/watches", { purpose }),
  end: (watch: string) => http.post<t.Watch>(`/watches/${id(watch)}/end`),
  openSites: (watch: string, site_ids: string[], endpoint_id: string) =>
    http.post<t.OpenedSite[]>(`/watches/${id(watch)}/sites`, { site_ids, endpoint_id }),
};

export const sessions = {
  list: (filter: t.SessionFilter, page: PageAsk = {}, how?: Ask) =>
    http.get<t.Page<t.SessionView>>("/sessions", { ...how, query: query(filter, page) }),
  get: (session: string, how?: Ask) => http.get<t.SessionDetail>(`/sessions/${id(session)}`, how),
  quality: (session: string, how?: Ask) => http.get<t.SessionQuality>(`/sessions/${id(session)}/quality`, how),
  end: (session: string, note?: string) => http.post<t.SessionView>(`/sessions/${id(session)}/end`, note ? { note } : {}),
  linkCase: (session: string, link: t.NewCaseLink) => http.post<t.CaseLinkView>(`/sessions/${id(session)}/cases`, link),
  withdrawCase: (session: string, link: string, reason: string) =>
    http.post<t.CaseLinkView>(`/sessions/${id(session)}/cases/${id(link)}/withdraw`, { reason }),
};

export const assists = {
  call: (call: { site_id: string; endpoint_id: string; purpose: string }, key?: string) =>
    http.post<t.AssistView>("/sessions/assists", call, key === undefined ? {} : { key }),
  get: (session: string, how?: Ask) => http.get<t.AssistView>(`/sessions/${id(session)}/assist`, how),
  invitations: (how?: Ask) => http.get<t.AssistView[]>("/sessions/invitations", how),
  candidates: (session: string, how?: Ask) => http.get<t.Candidate[]>(`/sessions/${id(session)}/candidates`, how),
  ask: (session: string, account_id: string, mode: t.PartyMode) => http.post<t.AssistView>(`/sessions/${id(session)}/parties`, { account_id, mode }),
  join: (session: string, endpoint_id: string) => http.post<t.AssistView>(`/sessions/${id(session)}/join`, { endpoint_id }),
  remove: (session: string, account: string) => http.delete<t.AssistView>(`/sessions/${id(session)}/parties/${id(account)}`),
  setMode: (session: string, mode: "join" | "whisper") => http.post<t.AssistView>(`/sessions/${id(session)}/mode`, { mode }),
};

/** What is frozen, drawn and written in a session: by an account, or by the workstation that takes part. */
export const marks = (whose: "account" | "station") => {
  const root = (session: string) => `${whose === "station" ? "/station/assists" : "/sessions"}/${id(session)}`;
  const own = { ownLogin: whose === "station" };
  return {
    get: (session: string, how?: Ask) => http.get<t.Marks>(`${root(session)}/marks`, { ...how, ...own }),
    freeze: async (session: string, source: string, frame_ms: number, image: Blob) =>
      (await (await bytes("POST", `${root(session)}/frames`, { body: image, query: { source, frame_ms } })).json()) as t.FrameView,
    draw: (session: string, frame: string, drawn: t.Drawn) => http.post<t.StrokeView>(`${root(session)}/frames/${id(frame)}/strokes`, drawn, own),
    undo: (session: string, frame: string) => http.post<t.StrokeView>(`${root(session)}/frames/${id(frame)}/undo`, {}, own),
    say: (session: string, text: string) => http.post<t.LineView>(`${root(session)}/lines`, { text }, own),
    send: (session: string, file: File, how: Sending) => upload<t.AttachmentView>(`${root(session)}/files`, { name: file.name, claimed: file.type }, file, how),
    file: (session: string, file: string) => address(`${root(session)}/files/${id(file)}`),
    image: (session: string, frame: string) => address(`${root(session)}/frames/${id(frame)}/image`),
  };
};

export const cases = {
  patterns: (how?: Ask) => http.get<t.CasePattern[]>("/cases/patterns", how),
  setPattern: (pattern: t.CasePattern) => http.put<t.CasePattern>(`/cases/patterns/${id(pattern.kind)}`, pattern),
  get: (number: string, how?: Ask) => http.get<t.CaseView>("/cases/by-number", { ...how, query: { number } }),
  timeline: (number: string, filter: t.CaseTimelineFilter, page: PageAsk = {}, how?: Ask) =>
    http.get<t.Page<t.CaseEntry>>("/cases/timeline", { ...how, query: query({ number, ...filter }, page) }),
  print: (number: string, filter: t.CaseTimelineFilter) =>
    http.post<t.CasePrint>("/cases/prints", undefined, { query: query({ number, ...filter }) }),
  sessions: (number: string, page: PageAsk = {}, how?: Ask) =>
    http.get<t.Page<t.SessionView>>("/cases/sessions", { ...how, query: query({ number }, page) }),
};

/** Help requests: of the console, or of this workstation. */
export const requests = {
  open: (how?: Ask) => http.get<t.RequestView[]>("/requests/open", how),
  list: (filter: t.RequestFilter, page: PageAsk = {}, how?: Ask) =>
    http.get<t.Page<t.RequestView>>("/requests", { ...how, query: query(filter, page) }),
  get: (request: string, how?: Ask) => http.get<t.RequestDetail>(`/requests/${id(request)}`, how),
  answerers: (request: string, how?: Ask) => http.get<t.Answerer[]>(`/requests/${id(request)}/answerers`, how),
  act: (request: string, step: t.RequestStep, how?: Ask) => http.post<t.RequestView>(`/requests/${id(request)}/steps`, step, how),
};

/** Guest links and those who came by them: of the console, or of this workstation's site. */
export const guests = (whose: "account" | "station") => {
  const root = whose === "station" ? "/station" : "";
  const own = { ownLogin: whose === "station" };
  return {
    board: (request: string, how?: Ask) => http.get<t.GuestBoard>(`${root}/requests/${id(request)}/guests`, { ...how, ...own }),
    make: (request: string, link: t.NewGuestLink) => http.post<t.MadeGuestLink>(`${root}/requests/${id(request)}/guest-links`, link, own),
    revoke: (link: string, reason: string) => http.post<t.GuestLinkView>(`${root}/guest-links/${id(link)}/revoke`, { reason }, own),
    remove: (guest: string, reason: string) => http.post<t.GuestView>(`${root}/guests/${id(guest)}/remove`, { reason }, own),
  };
};

/** Photos that were taken with a request: of the console, or of this workstation's site. */
export const photos = (whose: "account" | "station") => {
  const root = `${whose === "station" ? "/station" : ""}/requests`;
  return {
    keep: async (request: string, image: Blob) => (await (await bytes("POST", `${root}/${id(request)}/photos`, { body: image })).json()) as t.Photo,
    address: (request: string, photo: string) => address(`${root}/${id(request)}/photos/${id(photo)}`),
  };
};

/** Phrases, law cards, templates of notes. */
export const cards = {
  board: (unit_id: string | null, how?: Ask) => http.get<t.CardBoard>("/cards", { ...how, query: { unit_id } }),
  make: (card: t.NewCard) => http.post<t.CardView>("/cards", card),
  change: (card: string, change: t.CardChange) => http.put<t.CardView>(`/cards/${id(card)}`, change),
};

/** The note of a session, in versions. */
export const notes = {
  keep: (session: string, note: { version: number; text: string }) => http.post<t.NoteView>(`/sessions/${id(session)}/notes`, note),
};

/** How unanswered calls climb and what the clocks may take. */
export const requestRules = {
  of: (unit_id: string | null, how?: Ask) => http.get<t.RequestRules>("/request-rules", { ...how, query: { unit_id } }),
  set: (rules: t.NewRules) => http.post<t.RulesVersionView>("/request-rules", rules),
};

/** What citizens are asked to agree to. */
export const consentTexts = {
  of: (unit: string, how?: Ask) => http.get<t.ConsentTexts>("/consent-texts", { ...how, query: { unit_id: unit } }),
  put: (text: t.NewConsentText) => http.post<t.ConsentTextView>("/consent-texts", text),
};

/** A citizen's own calls: the browser that opened a link has a cookie of its own. */
export const visit = {
  open: (token: string) => http.post<t.VisitView>("/guest/visit", { token }, { ownLogin: true }),
  get: (how?: Ask) => http.get<t.VisitView>("/guest/visit", { ...how, ownLogin: true }),
  consent: (consent: t.NewConsent) => http.post<t.VisitView>("/guest/consents", consent, { ownLogin: true }),
  withdraw: (reason: string) => http.post<t.VisitView>("/guest/consents/withdraw", { reason }, { ownLogin: true }),
  linkToken: () => http.post<t.LinkToken>("/guest/link/tokens", {}, { ownLogin: true }),
  judge: (grade: t.Grade, text: string) => http.post<t.VisitView>("/guest/ratings", { grade, text }, { ownLogin: true }),
  events: () => address("/guest/events"),
};

/** Directives: of the console, or addressed to this workstation's office. */
export const directives = (whose: "account" | "station") => {
  const root = whose === "station" ? "/station/directives" : "/directives";
  const own = { ownLogin: whose === "station" };
  return {
    /** Of the console: what is open in scope. Of a workstation: the latest of its own. */
    open: (how?: Ask) => http.get<t.DirectiveView[]>(whose === "station" ? root : `${root}/open`, { ...how, ...own }),
    list: (filter: t.DirectiveFilter, page: PageAsk = {}, how?: Ask) => http.get<t.Page<t.DirectiveView>>(root, { ...how, query: query(filter, page) }),
    get: (directive: string, how?: Ask) => http.get<t.DirectiveDetail>(`${root}/${id(directive)}`, { ...how, ...own }),
    issue: (directive: t.NewDirective, key: string) => http.post<t.DirectiveView>(root, directive, { key }),
    act: (directive: string, step: t.DirectiveStep) => http.post<t.DirectiveView>(`${root}/${id(directive)}/steps`, step, own),
    keep: async (directive: string, image: Blob, basis = false) =>
      (await (await bytes("POST", `${root}/${id(directive)}/pictures`, { body: image, query: basis ? { basis } : {} })).json()) as t.PictureView,
    picture: (directive: string, picture: string) => address(`${root}/${id(directive)}/pictures/${id(picture)}`),
  };
};

export const register = {
  list: (filter: t.RegisterFilter, page: PageAsk = {}, how?: Ask) =>
    http.get<t.Page<t.RegisterView>>("/register", { ...how, query: query(filter, page) }),
};

export const audit = {
  list: (filter: t.AuditFilter, page: PageAsk = {}, how?: Ask) =>
    http.get<t.Page<t.AuditEvent>>("/audit", { ...how, query: query(filter, page) }),
  verify: (how?: Ask) => http.get<t.ChainReport>("/audit/verification", how),
};

export const duty = {
  now: (unit_id: string | null, how?: Ask) => http.get<t.DutyNow>("/duty/now", { ...how, query: { unit_id } }),
  week: (unit_id: string | null, from_ms: number, to_ms: number, how?: Ask) => http.get<t.DutyWeek>("/duty/week", { ...how, query: { unit_id, from_ms, to_ms } }),
  people: (unit_id: string, how?: Ask) => http.get<t.DutyPerson[]>("/duty/people", { ...how, query: { unit_id } }),
  plan: (shift: t.NewShift) => http.post<t.ShiftView>("/duty/shifts", shift),
  change: (shift: string, change: t.ShiftChange) => http.patch<t.ShiftView>(`/duty/shifts/${id(shift)}`, change),
  remove: (shift: string) => http.delete(`/duty/shifts/${id(shift)}`),
  arrive: (shift: string) => http.post<t.ShiftView>(`/duty/shifts/${id(shift)}/arrival`),
  leave: (shift: string) => http.post<t.ShiftView>(`/duty/shifts/${id(shift)}/departure`),
  noShow: (shift: string) => http.post<t.ShiftView>(`/duty/shifts/${id(shift)}/no-show`),
  copyWeek: (unit_id: string, from_ms: number, to_ms: number) => http.post<t.CopyReport>("/duty/copies", { unit_id, from_ms, to_ms }),
  importSheet: (unit_id: string, text: string) => sheet<t.ImportReport>("/duty/roster.csv", text, { unit_id }),
  swaps: (unit_id: string | null, how?: Ask) => http.get<t.SwapView[]>("/duty/swaps", { ...how, query: { unit_id } }),
  askSwap: (swap: t.NewSwap) => http.post<t.SwapView>("/duty/swaps", swap),
  decideSwap: (swap: string, approve: boolean, note: string) => http.post<t.SwapView>(`/duty/swaps/${id(swap)}/decision`, { approve, note }),
  withdrawSwap: (swap: string) => http.post<t.SwapView>(`/duty/swaps/${id(swap)}/withdrawal`),
  handovers: (unit_id: string | null, how?: Ask) => http.get<t.Handovers>("/duty/handovers", { ...how, query: { unit_id } }),
  handOver: (from_shift_id: string, to_shift_id: string, note: string) => http.post<t.HandoverView>("/duty/handovers", { from_shift_id, to_shift_id, note }),
  takeOver: (card: string, answer: string) => http.post<t.HandoverView>(`/duty/handovers/${id(card)}/signature`, { answer }),
};

export const link = {
  token: (tab: string) => http.post<t.LinkToken>("/link/tokens", { tab }),
};

/** A workstation's own calls: it has a device cookie, not a login. */
export const station = {
  enrol: (code: string) => http.post<t.Enrolled>("/enrolments", { code }, { ownLogin: true }),
  view: (how?: Ask) => http.get<t.StationView>("/station", { ...how, ownLogin: true }),
  setPrivacy: (on: boolean, reason: string) => http.post<t.PrivacySwitch>("/station/privacy", { on, reason }, { ownLogin: true }),
  ledger: (page: PageAsk = {}, how?: Ask) =>
    http.get<t.Page<t.RegisterView>>("/station/ledger", { ...how, ownLogin: true, query: query(page) }),
  answer: (session: string) => http.post<t.AssistView>(`/station/assists/${id(session)}/answer`, {}, { ownLogin: true }),
  /** Earphones are worn at this workstation, or not: with them on whispers reach it. */
  wearEarphones: (session: string, worn: boolean) => http.put<t.AssistView>(`/station/assists/${id(session)}/earphones`, { worn }, { ownLogin: true }),
  hangUp: (session: string) => http.post<t.SessionView>(`/station/assists/${id(session)}/end`, {}, { ownLogin: true }),
  requests: (how?: Ask) => http.get<t.RequestView[]>("/station/requests", { ...how, ownLogin: true }),
  ask: (request: t.NewRequest, key: string) => http.post<t.RequestView>("/station/requests", request, { ownLogin: true, key }),
  act: (request: string, step: t.RequestStep) => http.post<t.RequestView>(`/station/requests/${id(request)}/steps`, step, { ownLogin: true }),
  linkToken: () => http.post<t.LinkToken>("/station/link/tokens", {}, { ownLogin: true }),
  consentText: (how?: Ask) => http.get<t.ConsentTextView>("/station/consent-text", { ...how, ownLogin: true }),
  consent: (session: string, consent: t.NewConsent) => http.post<t.ConsentView>(`/station/assists/${id(session)}/consents`, consent, { ownLogin: true }),
  withdrawConsent: (session: string, consent: string, reason: string) =>
    http.post<t.ConsentView>(`/station/assists/${id(session)}/consents/${id(consent)}/withdraw`, { reason }, { ownLogin: true }),
  forget: () => http.delete("/station", { ownLogin: true }),
};

/** A check: of the account that is logged in, of this workstation, or of a guest, which keeps nothing. */
export const checks = (whose: "account" | "station" | "guest") => {
  const root = { account: "/checks", station: "/station/checks", guest: "/guest/checks" }[whose];
  const own = { ownLogin: whose !== "account" };
  return {
    last: (how?: Ask) => http.get<t.Check | null>(`${root}/last`, { ...how, ...own }),
    keep: (check: t.NewCheck, how?: Ask) => http.post<t.Check>(root, check, { ...how, ...own }),
    /** Of everybody: it takes no login. */
    peer: (sdp: string, how?: Ask) => http.post<t.CheckPeer>("/checks/peers", { sdp }, { ...how, ownLogin: true }),
    download: (size: number, signal: AbortSignal) => bytes("GET", `${root}/downloads`, { query: { bytes: size }, signal }),
    upload: async (body: Blob, signal: AbortSignal) => (await (await bytes("POST", `${root}/uploads`, { body, signal })).json()) as t.Received,
  };
};
