// The JSON shapes of the REST interface, as the service's structs say them. Times are milliseconds UTC.

import type { ProblemBody } from "@/lib/problem";

export type UnitLevel = "district" | "centre" | "street" | "village";
export type SiteKind = "hall" | "window" | "mediation" | "talk" | "command" | "field";
export type PrivacyClass = "open" | "private";
export type EndpointKind = "station" | "camera" | "body_camera" | "phone" | "console" | "guest";
export type Role =
  | "commander" | "duty_leader" | "shift_chief" | "operator" | "inspector" | "expert" | "office_head" | "staff" | "adviser"
  | "trainer" | "evaluator" | "player" | "system_admin" | "security_admin" | "audit_admin";
export type Right =
  | "wall.watch" | "sessions.read" | "cases.link" | "register.read" | "station.ledger" | "org.read" | "org.manage"
  | "duty.read" | "duty.manage" | "requests.raise" | "requests.read" | "requests.answer" | "requests.manage"
  | "directives.read" | "directives.issue" | "directives.answer" | "accounts.manage" | "rights.manage" | "audit.read";
export type SessionKind = "patrol" | "assist" | "conference" | "roll_call" | "emergency" | "broadcast" | "drill";
export type SessionState = "open" | "ended" | "interrupted";
export type SessionEnd = "ended" | "watch_ended" | "logged_out" | "observer_lost" | "revoked" | "hung_up" | "emptied" | "interrupted";
export type Mode = "watch" | "talk" | "whisper" | "join" | "release" | "present" | "guest";
export type LeaveReason = "session_ended" | "left" | "mode_changed" | "link_lost" | "page_left" | "duplicate" | "revoked" | "withdrawn" | "interrupted";
export type CaseKind =
  | "consultation" | "mediation" | "legal_aid" | "notary" | "appraisal" | "correction" | "resettlement" | "reconsideration"
  | "publicity" | "hotline" | "report" | "other";
export type CaseEntryKind = "request" | "session" | "attendance" | "drawing" | "note" | "file" | "link" | "rating" | "directive";
export type Urgency = "life" | "utilities" | "ordinary";
export type RequestState =
  | "waiting" | "accepted" | "dispatched" | "taken" | "connected" | "handling" | "suspended" | "confirming" | "closed" | "reviewed"
  | "archived" | "withdrawn" | "merged";
export type DirectiveState = "issued" | "signed" | "reported" | "returned" | "closed";
export type Rank = "issuer" | "leader" | "commander";
export type DirectiveAct = "sign" | "report" | "close" | "return" | "escalate" | "evidence";
export type Channel = "station" | "console" | "guest";
export type Grade = "very_satisfied" | "satisfied" | "fair" | "dissatisfied" | "very_dissatisfied";
export type Favour = "suspend" | "extend";
export type Rung = "seats" | "chief" | "leader";
export type ViewMode = "live" | "playback" | "export";
export type WatchEnd = "ended" | "logged_out" | "revoked" | "interrupted";
export type OfflineCause = "never" | "closed" | "lost" | "server_restart" | "disabled";
export type ImageType = "png" | "webp";
export type PresenceState = "online" | "offline";
export type AuditAction =
  | "login.open" | "login.end" | "account.list" | "account.create" | "account.update" | "account.change_password" | "person.list"
  | "person.create" | "person.update" | "grant.list" | "grant.give" | "grant.withdraw" | "org.read" | "org.create_unit" | "org.update_unit"
  | "org.create_site" | "org.update_site" | "org.create_endpoint" | "org.update_endpoint" | "enrolment.issue" | "enrolment.use"
  | "enrolment.token" | "whip.publish" | "whep.play" | "watch.open" | "watch.end" | "session.open" | "session.end" | "session.read"
  | "session.list" | "session.export" | "session.quality.export" | "session.quality.purge" | "session.observer_lost" | "session.interrupted"
  | "conference.open" | "assist.open" | "assist.answer" | "assist.earphones" | "assist.hang_up" | "assist.invite" | "assist.join" | "assist.remove"
  | "assist.mode" | "assist.candidates" | "frame.keep" | "stroke.draw" | "stroke.undo" | "line.say" | "note.keep" | "file.keep"
  | "file.stray" | "case.link" | "case.withdraw" | "case.read" | "case.print" | "case.patterns" | "case.set_pattern" | "request.raise"
  | "request.accept" | "request.refuse" | "request.dispatch" | "request.take" | "request.return" | "request.connect" | "request.plead"
  | "request.decide" | "request.resume" | "request.finish" | "request.confirm" | "request.object" | "request.evaluate" | "request.call_back"
  | "request.archive" | "request.merge" | "request.withdraw" | "request.photo" | "request.rules" | "request.read" | "request.list"
  | "request.export" | "guest.link" | "guest.link_revoke" | "guest.open" | "guest.remove" | "guest.rate" | "consent.give"
  | "consent.withdraw" | "consent.text" | "directive.issue" | "directive.sign" | "directive.report" | "directive.close" | "directive.return"
  | "directive.escalate" | "directive.overdue" | "directive.picture" | "directive.read" | "directive.list" | "directive.export"
  | "duty.plan" | "duty.change" | "duty.remove" | "duty.copy" | "duty.import" | "duty.export" | "duty.people" | "duty.read" | "duty.arrive"
  | "duty.leave" | "duty.no_show" | "duty.ask_swap" | "duty.decide_swap" | "duty.approve_swap" | "duty.refuse_swap" | "duty.withdraw_swap"
  | "duty.hand_over" | "duty.take_over" | "card.make" | "card.change" | "card.read" | "card.usual" | "check.keep" | "register.list"
  | "register.export" | "station.privacy_on" | "station.privacy_off" | "presence.list" | "link.token" | "link.refused" | "audit.read"
  | "audit.verify" | "server.start" | "server.first_start" | "server.seed_demo" | "server.seed_demo_requests";
export type AuditObject =
  | "login" | "unit" | "site" | "endpoint" | "person" | "account" | "watch" | "session" | "case" | "register" | "presence" | "audit"
  | "server" | "card" | "check" | "consent" | "directive" | "guest" | "guest_link" | "handover" | "request" | "shift" | "swap";
export type AuditResult = "success" | "refused" | "failed";
export type TrackKind = "audio" | "video";
export type TrackSource = "unknown" | "camera" | "microphone" | "screen_share" | "screen_share_audio";
export type Codec = "opus" | "red" | "vp8" | "h264" | "vp9" | "av1";
export type EventKind =
  | "presence.changed" | "privacy.changed" | "watch.opened" | "watch.ended" | "session.opened" | "session.updated"
  | "session.ended" | "session.marked" | "session.noted" | "case.linked" | "case.withdrawn" | "duty.changed" | "request.changed" | "guest.changed" | "directive.changed" | "card.changed" | "org.changed" | "account.changed" | "link.refused";

export interface Named {
  id: string;
  name: string;
}

export interface Page<T> {
  items: T[];
  /** The cursor of the next page; null at the end. */
  next: string | null;
}

export interface Me {
  person: Named;
  account: Named;
  unit: Named;
  roles: { role: Role; unit_id: string }[];
  rights: Right[];
  idle_logout_ms: number;
}

export interface Unit {
  id: string;
  parent_id: string | null;
  name: string;
  level: UnitLevel;
  code: string;
  sort: number;
  disabled: boolean;
  version: number;
}

export interface PrivacySwitch {
  on: boolean;
  reason: string | null;
  since_ms: number | null;
}

export interface Site {
  id: string;
  unit_id: string;
  name: string;
  kind: SiteKind;
  privacy_class: PrivacyClass;
  code: string;
  disabled: boolean;
  privacy: PrivacySwitch;
  version: number;
}

export interface Endpoint {
  id: string;
  site_id: string | null;
  name: string;
  kind: EndpointKind;
  enrolled: boolean;
  disabled: boolean;
  login_id: string | null;
  tab: string | null;
  version: number;
}

export interface OrgTree {
  units: Unit[];
  sites: Site[];
  endpoints: Endpoint[];
}

export interface NewUnit { parent_id: string | null; name: string; level: UnitLevel; code: string; sort?: number }
export interface UnitPatch { name?: string; parent_id?: string; code?: string; sort?: number; disabled?: boolean }
export interface NewSite { unit_id: string; name: string; kind: SiteKind; privacy_class?: PrivacyClass; code: string }
export interface SitePatch { name?: string; kind?: SiteKind; privacy_class?: PrivacyClass; code?: string; disabled?: boolean }
export interface NewEndpoint { site_id: string; name: string; kind: EndpointKind }
export interface EndpointPatch { name?: string; disabled?: boolean }

export interface EnrolmentCode {
  code: string;
  expires_ms: number;
}

export interface DeviceToken {
  device_token: string;
  endpoint: Endpoint;
}

export interface Enrolled {
  device_token: string;
  endpoint: Endpoint;
  site: Site;
  unit: Unit;
}

export interface Person {
  id: string;
  name: string;
  unit_id: string;
  post: string;
  phone: string;
  disabled: boolean;
  version: number;
}

export interface NewPerson { name: string; unit_id: string; post?: string; phone?: string }
export interface PersonPatch { name?: string; unit_id?: string; post?: string; phone?: string; disabled?: boolean }

export interface RoleGrant {
  id: string;
  account_id: string;
  role: Role;
  unit_id: string;
  given_ms: number;
  given_by: string | null;
}

export interface AccountView {
  id: string;
  name: string;
  person_id: string;
  person_name: string;
  unit_id: string;
  locked: boolean;
  locked_until_ms: number | null;
  disabled: boolean;
  password_changed_ms: number;
  grants: RoleGrant[];
}

export interface NewAccount { person_id: string; name: string; password: string }
export interface AccountPatch { locked?: boolean; disabled?: boolean; password?: string }
export interface NewGrant { role: Role; unit_id: string }

export interface PresenceView {
  endpoint_id: string;
  site_id: string;
  state: PresenceState;
  on_air: boolean;
  privacy: boolean;
  since_ms: number | null;
  cause: OfflineCause | null;
  cause_zh: string | null;
  cause_en: string | null;
}

export interface Watch {
  id: string;
  account_id: string;
  person_id: string;
  purpose: string;
  started_ms: number;
  ended_ms: number | null;
  end_cause: WatchEnd | null;
  version: number;
}

export interface CaseLinkView {
  id: string;
  raw: string;
  normalised: string;
  kind: CaseKind;
  linked_by: string;
  linked_ms: number;
  withdrawn_ms: number | null;
  withdraw_reason: string | null;
}

export interface NewCaseLink { number: string; kind: CaseKind }

export interface CasePattern {
  kind: CaseKind;
  pattern: string;
  example: string;
}

export interface CaseLinkRow extends CaseLinkView {
  session_id: string;
  session_number: string;
  unit: Named | null;
  may_withdraw: boolean;
}

/** What a case is, as far as whoever asks may see it. */
export interface CaseView {
  /** Normalised. */
  number: string;
  spellings: string[];
  kinds: CaseKind[];
  counts: { kind: CaseEntryKind; lines: number }[];
  units: Named[];
  first_ms: number | null;
  last_ms: number | null;
  /** Other units have something in it. */
  elsewhere: boolean;
  links: CaseLinkRow[];
}

export interface CaseEntry {
  id: string;
  at_ms: number;
  kind: CaseEntryKind;
  text_zh: string;
  text_en: string;
  number: string;
  session_id: string | null;
  request_id: string | null;
  directive_id: string | null;
  unit: Named | null;
  site: Named | null;
  withdrawn: boolean;
  frame: FrameView | null;
  file: AttachmentView | null;
  photo: Photo | null;
}

export interface CaseTimelineFilter {
  kinds?: string;
  unit_id?: string;
  from_ms?: number;
  to_ms?: number;
}

export interface CasePrint {
  case: CaseView;
  entries: CaseEntry[];
  cut: boolean;
  printed_ms: number;
  printed_by: string;
}

export interface SessionView {
  id: string;
  number: string;
  kind: SessionKind;
  state: SessionState;
  purpose: string;
  site: Named | null;
  unit: Named | null;
  observer: { id: string; name: string; unit: Named | null } | null;
  watch_id: string | null;
  observer_endpoint_id: string | null;
  room: string | null;
  started_ms: number;
  ended_ms: number | null;
  end_cause: SessionEnd | null;
  end_note: string;
  cases: CaseLinkView[];
}

export interface AttendanceView {
  id: string;
  endpoint: Named | null;
  person: Named | null;
  name: string;
  mode: Mode;
  joined_ms: number;
  left_ms: number | null;
  leave_reason: LeaveReason | null;
}

export interface TrackSummary {
  packets: number;
  bytes: number;
  lost: number;
  repaired: number;
  key_frames: number;
  keyframe_requests: number;
  jitter_ms: number;
  rtt_ms: number;
  max_width: number;
  max_height: number;
}

export interface TrackView {
  id: string;
  track: string;
  kind: TrackKind;
  source: TrackSource;
  codec: Codec;
  publisher: Named;
  started_ms: number;
  ended_ms: number | null;
  summary: TrackSummary | null;
}

export interface TimelineEntry {
  at_ms: number;
  seq: number;
  kind: string;
  text_zh: string;
  text_en: string;
}

export interface RegisterView {
  id: string;
  session_id: string;
  number: string;
  site: Named;
  purpose: string;
  content: string;
  unit: Named;
  person: Named;
  from_ms: number;
  to_ms: number | null;
  first_picture_ms: number | null;
  mode: ViewMode;
}

export interface SessionDetail extends SessionView {
  attendances: AttendanceView[];
  tracks: TrackView[];
  register: RegisterView[];
  timeline: TimelineEntry[];
}

export type PartyMode = "join" | "whisper" | "watch";

export interface PartyView {
  account_id: string;
  person_id: string;
  name: string;
  unit: Named | null;
  /** The identity of its link. */
  endpoint_id: string;
  mode: PartyMode;
  since_ms: number;
  /** Leads the session. */
  leads: boolean;
}

export interface InvitedView {
  account_id: string;
  name: string;
  mode: PartyMode;
  by: string;
  at_ms: number;
}

/** An assistance as it stands now. */
export interface AssistView {
  session: SessionView;
  station: Named;
  station_present: boolean;
  request_id: string | null;
  request_number: string | null;
  /** The site agreed; until then nothing flows. */
  answered_ms: number | null;
  leader_lost_ms: number | null;
  parties: PartyView[];
  invited: InvitedView[];
  /** Citizens who came by a link of its request, out and in. */
  guests: GuestView[];
  /** Given at the workstation. */
  consents: ConsentView[];
  /** Earphones are worn at the workstation: whispers reach it. */
  earphones: boolean;
  /** Nobody is heard until somebody has agreed to sound. */
  sound_waits: boolean;
  /** Somebody at the workstation has agreed to sound alone: its picture does not pass. */
  picture_withheld: boolean;
}

export type GuestState = "waiting" | "consented" | "attending" | "withdrawn" | "removed";
export type LinkRefusal = "revoked" | "expired" | "used_up";

export interface NewGuestLink {
  life_ms?: number;
  max_uses?: number;
}

export interface GuestLinkView {
  id: string;
  made_by: string;
  made_ms: number;
  expires_ms: number;
  max_uses: number;
  uses: number;
  refusal: LinkRefusal | null;
  revoked_by: string;
  revoke_reason: string;
}

export interface MadeGuestLink {
  /** Told once. */
  token: string;
  link: GuestLinkView;
}

export interface ConsentTextView {
  unit_id: string;
  version: number;
  title: string;
  body: string;
  sha256: string;
  made_ms: number;
  made_by: string;
}

/** What holds for a unit, and the unit's own versions, newest first. */
export interface ConsentTexts {
  current: ConsentTextView;
  versions: ConsentTextView[];
}

export interface NewConsentText {
  unit_id: string;
  title: string;
  body: string;
}

export interface NewConsent {
  name: string;
  sha256: string;
  picture: boolean;
  sound: boolean;
}

export interface ConsentView {
  id: string;
  name: string;
  text_version: number;
  text_sha256: string;
  picture: boolean;
  sound: boolean;
  given_ms: number;
  witness: string;
  withdrawn_ms: number | null;
  withdraw_reason: string;
}

export interface GuestView {
  id: string;
  link_id: string;
  endpoint_id: string;
  name: string;
  state: GuestState;
  opened_ms: number;
  consent: ConsentView | null;
  removed_ms: number | null;
  removed_by: string;
  remove_reason: string;
}

export interface RatingView {
  seq: number;
  channel: Channel;
  grade: Grade;
  text: string;
  by: string;
  at_ms: number;
}

export interface GuestBoard {
  links: GuestLinkView[];
  guests: GuestView[];
  consents: ConsentView[];
  ratings: RatingView[];
}

/** A visit as its guest sees it. */
export interface VisitView {
  id: string;
  state: GuestState;
  name: string;
  request_number: string;
  request_state: RequestState;
  need: Skill;
  urgency: Urgency;
  site: Named | null;
  asker: string;
  promise: { asked_ms: number; accepted_ms: number | null; answer_by_ms: number | null; done_ms: number | null };
  answerer: { name: string; unit: string; post: string } | null;
  session: { since_ms: number; sound_waits: boolean; present: string[]; attends: boolean } | null;
  text: ConsentTextView;
  consent: ConsentView | null;
  may_judge: boolean;
  rating: RatingView | null;
  now_ms: number;
}

export interface Candidate {
  account_id: string;
  name: string;
  unit: string;
  roles: Role[];
}

export type Tool = "pen" | "arrow" | "rectangle" | "ellipse" | "text";
export type Colour = "red" | "yellow" | "green" | "blue" | "white" | "black";

export interface Drawn {
  tool: Tool;
  colour: Colour;
  /** In 10 000ths of the frame's width, as the points are of its width and height. */
  width: number;
  points: [number, number][];
  text: string;
}

export interface StrokeView {
  frame_id: string;
  seq: number;
  at_ms: number;
  author: string;
  drawn: Drawn | null;
  undoes: number | null;
  sha256: string;
}

export interface FrameView {
  id: string;
  source: string;
  frame_ms: number;
  kept_ms: number;
  image_type: ImageType;
  width: number;
  height: number;
  bytes: number;
  sha256: string;
  author: string;
  strokes: StrokeView[];
}

export interface LineView {
  at_ms: number;
  author: string;
  text: string;
}

/** One version of the session's note. */
export interface NoteView extends LineView {
  version: number;
}

export type FileType = "pdf" | "png" | "jpeg" | "webp" | "docx" | "xlsx" | "office" | "text";

/** A file that was sent in a session. */
export interface AttachmentView {
  id: string;
  name: string;
  file_type: FileType;
  bytes: number;
  sha256: string;
  kept_ms: number;
  author: string;
}

/** What was frozen, drawn and written in a session. */
export interface Marks {
  frames: FrameView[];
  lines: LineView[];
  files: AttachmentView[];
  /** The latest version; a station is not told it. */
  note: NoteView | null;
}

export type CardKind = "phrase" | "law" | "note";

/** What helpers say again and again. */
export interface CardView {
  id: string;
  unit_id: string;
  kind: CardKind;
  title: string;
  text: string;
  case_kind: CaseKind | null;
  changed_ms: number;
  changed_by: string;
  withdrawn: boolean;
  version: number;
}

export interface CardBoard {
  unit_id: string;
  cards: CardView[];
  may_edit: boolean;
}

export interface NewCard {
  unit_id: string;
  kind: CardKind;
  title: string;
  text: string;
  case_kind: CaseKind | null;
}

export interface CardChange {
  version: number;
  title: string;
  text: string;
  case_kind: CaseKind | null;
  withdrawn: boolean;
}

/** What the events `session.marked` and `session.noted` carry: one of these. */
export interface MarkNews {
  frame?: FrameView;
  stroke?: StrokeView;
  file?: AttachmentView;
  line?: LineView;
  /** Of `session.noted`. */
  note?: NoteView;
}

export interface ViewersFigures {
  viewers: number;
  bitrate_bps: number;
  loss_median: number | null;
  loss_worst: number | null;
  rtt_median_ms: number | null;
  rtt_worst_ms: number | null;
  jitter_worst_ms: number;
  estimate_median_bps: number | null;
  estimate_lowest_bps: number | null;
  smallest_width: number;
  smallest_height: number;
  pauses: number;
  paused_ms: number;
  freezes: number;
  frozen_ms: number;
}

export interface QualityPoint {
  from_ms: number;
  to_ms: number;
  bitrate_bps: number;
  width: number;
  height: number;
  loss: number | null;
  lost: number | null;
  jitter_ms: number;
  rtt_ms: number | null;
  viewers: ViewersFigures | null;
}

export interface TrackQuality {
  track: string;
  publisher: Named;
  kind: TrackKind;
  source: TrackSource;
  points: QualityPoint[];
}

export interface SessionQuality {
  from_ms: number;
  to_ms: number | null;
  tracks: TrackQuality[];
  cut: boolean;
}

export interface SessionFilter {
  site_id?: string;
  unit_id?: string;
  person_id?: string;
  kind?: SessionKind;
  case?: string;
  q?: string;
  from_ms?: number;
  to_ms?: number;
  open?: boolean;
}

export interface RegisterFilter {
  site_id?: string;
  unit_id?: string;
  person_id?: string;
  from_ms?: number;
  to_ms?: number;
}

export interface AuditEvent {
  id: string;
  seq: number;
  at_ms: number;
  account_id: string | null;
  endpoint_id: string | null;
  actor: string;
  roles: string;
  ip: string;
  /** Of an older version perhaps one that is no longer known. */
  action: AuditAction;
  object_kind: AuditObject;
  object_id: string;
  result: AuditResult;
  reason: string;
  detail: string;
  previous_hash: string;
  hash: string;
}

export interface AuditFilter {
  actor?: string;
  action?: string;
  result?: AuditResult;
  from_ms?: number;
  to_ms?: number;
}

export interface ChainReport {
  rows: number;
  broken_at: number | null;
}

export interface LinkToken {
  token: string;
  /** The endpoint that this link stands for. */
  identity: string;
  name: string;
  expires_ms: number;
}

export interface OpenedSite {
  site_id: string;
  session?: SessionView;
  error?: ProblemBody;
}

export interface Watcher {
  session_id: string;
  number: string;
  name: string;
  unit: string;
  purpose: string;
  since_ms: number;
  mode: Mode;
  audio: boolean;
}

export interface StationView {
  endpoint: Endpoint;
  site: Site;
  unit: Unit;
  watchers: Watcher[];
  /** The assistance in which this workstation takes part now. */
  assist: AssistView | null;
  privacy: PrivacySwitch;
  shift: { starts_ms: number; ends_ms: number };
}

export interface OutboxEvent {
  seq: number;
  at_ms: number;
  kind: EventKind;
  unit_id: string | null;
  site_id: string | null;
  session_id: string | null;
  endpoint_id: string | null;
  payload: unknown;
}

export type CheckTopic = "camera" | "microphone" | "speaker" | "port" | "link" | "udp" | "tcp" | "clock" | "download" | "upload";
export type CheckVerdict = "good" | "skipped" | "weak" | "bad";

export interface CheckItem {
  topic: CheckTopic;
  verdict: CheckVerdict;
  /** A stable word; empty where there is nothing to say. */
  cause: string;
  /** Lines of the picture, level in percent, round trip in ms, port number, offset in ms, or kbit/s: as the topic has it. */
  figure: number | null;
}

export interface NewCheck {
  took_ms: number;
  items: CheckItem[];
}

export interface Check extends NewCheck {
  id: string;
  account_id: string | null;
  person_id: string | null;
  endpoint_id: string | null;
  unit_id: string;
  name: string;
  at_ms: number;
  verdict: CheckVerdict;
  ip: string;
}

export interface CheckPeer {
  sdp: string;
  life_ms: number;
  now_ms: number;
}

export interface Received {
  bytes: number;
  took_ms: number;
}

export type DutyRole = "operator" | "shift_chief" | "duty_leader" | "reserve";
export type DutyMode = "office" | "visiting" | "phone" | "appointment";
export type Skill = "general" | "mediation" | "legal_aid" | "notary" | "appraisal" | "correction" | "psychology" | "technical";
export type Standing = "ahead" | "on" | "missing" | "held" | "left" | "over";
export type SwapState = "asked" | "approved" | "refused" | "withdrawn";
export type OpenItemKind = "session" | "request" | "directive";

export interface ShiftView {
  id: string;
  unit: Named;
  person: Named;
  phone: string;
  role: DutyRole;
  mode: DutyMode;
  skills: Skill[];
  starts_ms: number;
  ends_ms: number;
  arrived_ms: number | null;
  left_ms: number | null;
  no_show_ms: number | null;
  standing: Standing;
  reachable: boolean;
  check: { at_ms: number; verdict: CheckVerdict } | null;
  version: number;
}

export interface DutyNow {
  unit: Named;
  at_ms: number;
  on: ShiftView[];
  missing: ShiftView[];
  next: ShiftView[];
  alarm: boolean;
  until_ms: number | null;
}

export interface DutyWeek {
  unit: Named;
  at_ms: number;
  from_ms: number;
  to_ms: number;
  shifts: ShiftView[];
  gaps: { from_ms: number; to_ms: number }[];
  manage: boolean;
  until_ms: number | null;
}

export interface DutyPerson {
  id: string;
  name: string;
  post: string;
  unit: Named;
  accounts: string[];
}

export interface NewShift {
  unit_id: string;
  person_id: string;
  role: DutyRole;
  mode: DutyMode;
  skills: Skill[];
  starts_ms: number;
  ends_ms: number;
}

export type ShiftChange = { version: number } & Partial<Omit<NewShift, "unit_id">>;

export interface CopyReport {
  copied: number;
  skipped: { person: string; starts_ms: number; cause_zh: string; cause_en: string }[];
}

export interface ImportReport {
  imported: number;
  unchanged: number;
  bad: { line: number; column: string; value: string; cause_zh: string; cause_en: string }[];
}

export interface SwapSpan {
  shift_id: string;
  starts_ms: number;
  ends_ms: number;
}

export interface SwapView {
  id: string;
  from: Named;
  to: Named;
  shift: SwapSpan | null;
  other: SwapSpan | null;
  reason: string;
  state: SwapState;
  asked_by: Named;
  asked_ms: number;
  decided_by: Named | null;
  decided_ms: number | null;
  note: string;
  may_decide: boolean;
  may_withdraw: boolean;
}

export interface NewSwap {
  shift_id: string;
  to_person_id: string;
  other_shift_id?: string;
  reason: string;
}

export interface OpenItem {
  kind: OpenItemKind;
  id: string;
  number: string;
  title: string;
  since_ms: number;
}

export interface HandoverView {
  id: string;
  role: DutyRole;
  from: Named;
  to: Named;
  items: OpenItem[];
  more_items: number;
  note: string;
  out_signed_ms: number;
  answer: string;
  in_signed_ms: number | null;
  may_sign: boolean;
}

export interface Handovers {
  due: { from_shift_id: string; to_shift_id: string; role: DutyRole; from: Named; to: Named; ends_ms: number; mine: boolean }[];
  cards: HandoverView[];
  open: OpenItem[];
}

/** Someone of the centre, as named at the time. */
export interface Party {
  person_id: string;
  name: string;
}

export interface ClockView {
  started_ms: number | null;
  due_ms: number | null;
  stopped_ms: number | null;
  paused_since_ms: number | null;
  paused_ms: number;
  reminded_ms: number | null;
  directed_ms: number | null;
}

export interface RingView {
  since_ms: number;
  rung: Rung;
  next_ms: number | null;
  persons: string[];
}

export interface Plea {
  favour: Favour;
  by: Party;
  reason: string;
  until_ms: number;
  asked_ms: number;
}

export interface Evaluation {
  grade: Grade;
  text: string;
  by: string;
  at_ms: number;
  call_back_by_ms: number | null;
  /** It is overdue, and the desk was reminded. */
  call_back_reminded: boolean;
}

/** Taken with a request. */
export interface Photo {
  id: string;
  image_type: ImageType;
  width: number;
  height: number;
  bytes: number;
  sha256: string;
  kept_ms: number;
  by: string;
}

export type Span = { ms: number } | { working_days: number };

export interface Limits {
  response: Span;
  pickup: Span;
  closing: Span;
  directive_after: Span;
}

export interface Rules {
  ladder: { chief_ms: number; leader_ms: number };
  life: Limits;
  utilities: Limits;
  ordinary: Limits;
}

export interface RulesVersionView {
  unit_id: string;
  version: number;
  rules: Rules;
  made_ms: number;
  made_by: string;
}

/** What holds for a unit. `set_by`: whose version holds; null: the defaults do. */
export interface RequestRules {
  unit_id: string;
  rules: Rules;
  set_by: string | null;
  defaults: Rules;
  versions: RulesVersionView[];
  may_set: boolean;
}

export interface NewRules {
  unit_id: string;
  rules: Rules;
}

/** A help request 求助单. */
export interface RequestView {
  id: string;
  number: string;
  site: Named | null;
  unit: Named | null;
  endpoint_id: string | null;
  channel: Channel;
  need: Skill;
  urgency: Urgency;
  sentence: string;
  case: { kind: CaseKind; raw: string; normalised: string } | null;
  asker: string;
  state: RequestState;
  /** 首问. */
  owner: Party | null;
  assignee: Party | null;
  session_id: string | null;
  ring: RingView | null;
  response: ClockView;
  pickup: ClockView;
  closing: ClockView;
  plea: Plea | null;
  suspended_until_ms: number | null;
  result: string;
  confirm_by_ms: number | null;
  evaluation: Evaluation | null;
  merged_into: string | null;
  photos: Photo[];
  raised_ms: number;
  closed_ms: number | null;
  version: number;
}

export interface RequestStepView {
  seq: number;
  at_ms: number;
  actor: string;
  kind: string;
  state: RequestState;
  detail: Record<string, unknown>;
}

export interface RequestDetail extends RequestView {
  steps: RequestStepView[];
  calls: { at_ms: number; rung: Rung; roster: unknown; persons: string[] }[];
  ratings: RatingView[];
}

export interface NewRequest {
  need?: Skill;
  urgency?: Urgency;
  sentence?: string;
  case_number?: string;
  case_kind?: CaseKind;
  asker?: string;
  site_id?: string;
}

export interface RequestFilter {
  site_id?: string;
  unit_id?: string;
  person_id?: string;
  case?: string;
  q?: string;
  from_ms?: number;
  to_ms?: number;
  open?: boolean;
}

/** Someone who may answer a request, and whether their shift is on. */
export interface Answerer {
  person_id: string;
  name: string;
  post: string;
  on_duty: boolean;
}

export type RequestStep =
  | { action: "accept"; endpoint_id?: string }
  | { action: "connect"; endpoint_id: string }
  | { action: "take" | "resume" | "confirm" | "archive" }
  | { action: "refuse" | "return" | "object" | "withdraw"; reason: string }
  | { action: "dispatch"; to: string }
  | { action: "plead"; favour: Favour; reason: string; until_ms: number }
  | { action: "decide"; granted: boolean }
  | { action: "finish"; result: string }
  | { action: "evaluate"; grade: Grade; text?: string }
  | { action: "call_back"; note: string }
  | { action: "merge"; into: string };

/** A directive 督办单. */
export interface DirectiveView {
  id: string;
  number: string;
  site: Named | null;
  /** The office that answers. */
  unit: Named | null;
  source: { request_id: string | null; session_id: string | null; frame_id: string | null; clock: "response" | "pickup" | "closing" | null };
  case: { kind: CaseKind; raw: string; normalised: string } | null;
  finding: string;
  demand: string;
  due_ms: number;
  issuer: string;
  state: DirectiveState;
  /** Who judges it. */
  rank: Rank;
  rounds: number;
  signed_by: string | null;
  signed_ms: number | null;
  reported_ms: number | null;
  review_by_ms: number | null;
  overdue_ms: number | null;
  issued_ms: number;
  closed_ms: number | null;
  version: number;
}

export interface DirectiveStepView {
  seq: number;
  at_ms: number;
  actor: string;
  kind: string;
  state: DirectiveState;
  detail: Record<string, unknown>;
}

/** A picture of the basis (round 0) or of a report. */
export interface PictureView {
  id: string;
  round: number;
  image_type: ImageType;
  width: number;
  height: number;
  bytes: number;
  sha256: string;
  kept_ms: number;
  by: string;
}

export interface DirectiveDetail extends DirectiveView {
  request_number: string | null;
  session_number: string | null;
  steps: DirectiveStepView[];
  pictures: PictureView[];
  allowed: DirectiveAct[];
}

export interface NewDirective {
  site_id?: string;
  request_id?: string;
  session_id?: string;
  frame_id?: string;
  finding: string;
  demand: string;
  due_ms: number;
  case_number?: string;
  case_kind?: CaseKind;
}

export interface DirectiveFilter {
  site_id?: string;
  unit_id?: string;
  request_id?: string;
  session_id?: string;
  case?: string;
  state?: DirectiveState;
  open?: boolean;
  overdue?: boolean;
  q?: string;
  from_ms?: number;
  to_ms?: number;
}

export type DirectiveStep =
  | { action: "sign"; name?: string }
  | { action: "report"; text: string; name?: string }
  | { action: "close"; note: string }
  | { action: "return"; reason: string; due_ms?: number }
  | { action: "escalate"; reason: string };
