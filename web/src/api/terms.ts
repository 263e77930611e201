// The words of the model in both languages, as the server spells them.

import type { Language } from "@/lib/language";
import type * as t from "./types";

type Terms<K extends string> = { readonly [key in K]: readonly [zh: string, en: string] };

export const terms = {
  unitLevel: { district: ["区", "district"], centre: ["区公共法律服务中心", "district centre"], street: ["街道", "street office"], village: ["村居", "village room"] } satisfies Terms<t.UnitLevel>,
  siteKind: {
    hall: ["大厅", "hall"], window: ["窗口", "window"], mediation: ["调解室", "mediation room"], talk: ["谈话室", "interview room"],
    command: ["指挥室", "command room"], field: ["走访", "field"],
  } satisfies Terms<t.SiteKind>,
  privacyClass: { open: ["开放", "open"], private: ["私密", "private"] } satisfies Terms<t.PrivacyClass>,
  endpointKind: {
    station: ["工作站", "workstation"], camera: ["摄像机", "camera"], body_camera: ["执法记录仪", "body camera"], phone: ["手机", "phone"], console: ["指挥台", "console"], guest: ["来访", "guest"],
  } satisfies Terms<t.EndpointKind>,
  role: {
    commander: ["指挥长", "commander"], duty_leader: ["带班领导", "duty leader"], shift_chief: ["值班长", "shift chief"], operator: ["值班员", "operator"],
    inspector: ["督导员", "inspector"], expert: ["专家", "expert"], office_head: ["司法所所长", "office head"], staff: ["工作人员", "staff"],
    adviser: ["村居法律顾问", "village adviser"], trainer: ["教官", "trainer"], evaluator: ["考官", "evaluator"], player: ["参训人员", "player"],
    system_admin: ["系统管理员", "system administrator"], security_admin: ["安全管理员", "security administrator"], audit_admin: ["审计管理员", "audit administrator"],
  } satisfies Terms<t.Role>,
  right: {
    "wall.watch": ["视频巡查", "watch sites"], "sessions.read": ["查看会话记录", "read sessions"], "cases.link": ["关联案件", "link cases"],
    "register.read": ["查看调用登记", "read the view register"], "station.ledger": ["查看被看账本", "read the watched-ledger"], "org.read": ["查看机构", "read the org tree"],
    "org.manage": ["管理机构和终端", "manage the org tree"], "accounts.manage": ["管理账号", "manage accounts"], "rights.manage": ["管理授权", "manage role grants"],
    "duty.read": ["查看值班", "read the duty roster"], "duty.manage": ["安排值班", "plan the duty roster"],
    "requests.raise": ["发起求助", "ask for help"], "requests.read": ["查看求助", "read help requests"],
    "requests.answer": ["受理求助", "answer help requests"], "requests.manage": ["调度求助", "dispatch help requests"],
    "directives.read": ["查看督办", "read directives"], "directives.issue": ["下发督办", "issue directives"],
    "directives.answer": ["办理督办", "answer directives"],
    "audit.read": ["查看审计", "read the audit"],
  } satisfies Terms<t.Right>,
  sessionKind: {
    patrol: ["巡查", "patrol"], assist: ["求助", "assistance"], conference: ["会商", "conference"], roll_call: ["点名", "roll call"],
    emergency: ["应急", "emergency"], broadcast: ["广播", "broadcast"], drill: ["演练", "drill"],
  } satisfies Terms<t.SessionKind>,
  sessionState: { open: ["进行中", "open"], ended: ["已结束", "ended"], interrupted: ["异常中断", "interrupted"] } satisfies Terms<t.SessionState>,
  sessionEnd: {
    ended: ["中心端结束", "ended by the centre"], watch_ended: ["巡查结束", "the watch ended"], logged_out: ["退出登录", "the observer logged out"],
    observer_lost: ["中心端断线", "the link of the centre was lost"], revoked: ["权限撤销或停用", "a right was withdrawn"], hung_up: ["现场挂断", "ended by the site"], emptied: ["参会人员已全部离开", "everyone left"],
    interrupted: ["异常中断", "interrupted by a server stop"],
  } satisfies Terms<t.SessionEnd>,
  mode: { watch: ["只看", "watch"], talk: ["喊话", "talk"], whisper: ["耳语", "whisper"], join: ["插入", "join"], release: ["强拆", "release"], present: ["在场", "present"], guest: ["来访", "guest"] } satisfies Terms<t.Mode>,
  leaveReason: {
    session_ended: ["会话结束", "session ended"], left: ["离开", "left"], mode_changed: ["改变方式", "changed the mode"], link_lost: ["断线", "link lost"], page_left: ["离开页面", "left the page"], duplicate: ["同一终端重新连接", "replaced by a new link"],
    revoked: ["被移出", "removed"], withdrawn: ["撤回同意", "withdrew the consent"], interrupted: ["异常中断", "interrupted"],
  } satisfies Terms<t.LeaveReason>,
  caseEntryKind: {
    request: ["求助", "request"], session: ["会话", "session"], attendance: ["参会", "attendance"], drawing: ["定格", "frozen frame"],
    note: ["文字", "written line"], file: ["文件", "file"], link: ["关联", "link"], rating: ["评价", "rating"], directive: ["督办", "directive"],
  } satisfies Terms<t.CaseEntryKind>,
  cardKind: { phrase: ["常用语", "phrase"], law: ["法条卡", "law card"], note: ["记录模板", "note template"] } satisfies Terms<t.CardKind>,
  caseKind: {
    mediation: ["人民调解", "people's mediation"], legal_aid: ["法律援助", "legal aid"], consultation: ["法律咨询", "legal consultation"], notary: ["公证", "notary"],
    appraisal: ["司法鉴定", "forensic appraisal"], correction: ["社区矫正", "community correction"], resettlement: ["安置帮教", "resettlement"],
    reconsideration: ["行政复议", "administrative reconsideration"], publicity: ["法治宣传", "legal publicity"], hotline: ["热线工单", "hotline order"],
    report: ["社情民意", "key report"], other: ["其他", "other"],
  } satisfies Terms<t.CaseKind>,
  skill: {
    general: ["综合咨询", "general advice"], mediation: ["人民调解", "mediation"], legal_aid: ["法律援助", "legal aid"], notary: ["公证", "notary"],
    appraisal: ["司法鉴定", "appraisal"], correction: ["社区矫正", "correction"], psychology: ["心理疏导", "counselling"], technical: ["设备技术", "equipment"],
  } satisfies Terms<t.Skill>,
  urgency: { life: ["危及人身财产", "life or property"], utilities: ["水电气热", "utilities"], ordinary: ["一般", "ordinary"] } satisfies Terms<t.Urgency>,
  requestState: {
    waiting: ["待受理", "waiting"], accepted: ["已受理", "accepted"], dispatched: ["已分派", "dispatched"], taken: ["已接单", "taken"],
    connected: ["连线中", "connected"], handling: ["处置中", "in hand"], suspended: ["挂起", "suspended"], confirming: ["待确认", "to confirm"],
    closed: ["已办结", "closed"], reviewed: ["已评价", "reviewed"], archived: ["已归档", "archived"], withdrawn: ["已撤销", "withdrawn"], merged: ["已合并", "merged"],
  } satisfies Terms<t.RequestState>,
  directiveState: {
    issued: ["待签收", "to sign for"], signed: ["办理中", "in hand"], reported: ["待复核", "to review"], returned: ["退回整改", "returned"], closed: ["已销号", "closed"],
  } satisfies Terms<t.DirectiveState>,
  rank: { issuer: ["下发人", "the issuer"], leader: ["带班领导", "the duty leader"], commander: ["指挥长", "the commander"] } satisfies Terms<t.Rank>,
  grade: {
    very_satisfied: ["非常满意", "very satisfied"], satisfied: ["满意", "satisfied"], fair: ["基本满意", "fair"], dissatisfied: ["不满意", "dissatisfied"],
    very_dissatisfied: ["非常不满意", "very dissatisfied"],
  } satisfies Terms<t.Grade>,
  favour: { suspend: ["挂起", "suspension"], extend: ["延期", "extension"] } satisfies Terms<t.Favour>,
  rung: { seats: ["值班席", "seats on duty"], chief: ["值班长", "shift chief"], leader: ["带班领导", "duty leader"] } satisfies Terms<t.Rung>,
  viewMode: { live: ["实时调看", "live"], playback: ["录像回看", "playback"], export: ["导出", "export"] } satisfies Terms<t.ViewMode>,
  offlineCause: {
    never: ["从未上线", "never online"], closed: ["主动下线", "went offline"], lost: ["网络中断", "connection lost"], server_restart: ["服务重启", "server restarted"], disabled: ["已停用", "disabled"],
  } satisfies Terms<t.OfflineCause>,
  auditResult: { success: ["成功", "success"], refused: ["拒绝", "refused"], failed: ["失败", "failed"] } satisfies Terms<t.AuditResult>,
  checkTopic: {
    camera: ["摄像头", "Camera"], microphone: ["麦克风", "Microphone"], speaker: ["扬声器", "Speaker"], port: ["控制台端口", "Console port"], link: ["信令连接", "Signalling"],
    udp: ["音视频走 UDP", "Media over UDP"], tcp: ["音视频走 TCP", "Media over TCP"], clock: ["电脑时钟", "Clock"], download: ["下行带宽", "Download"], upload: ["上行带宽", "Upload"],
  } satisfies Terms<t.CheckTopic>,
  checkVerdict: {
    good: ["正常", "good"], skipped: ["没有检查", "not checked"], weak: ["能用，需处理", "works, wants care"], bad: ["不正常", "does not work"],
  } satisfies Terms<t.CheckVerdict>,
  dutyRole: {
    operator: ["值班员", "operator"], shift_chief: ["值班长", "shift chief"], duty_leader: ["带班领导", "duty leader"], reserve: ["备班", "reserve"],
  } satisfies Terms<t.DutyRole>,
  dutyMode: { office: ["所内", "in the office"], visiting: ["走访", "visiting"], phone: ["电话值守", "by phone"], appointment: ["预约", "by appointment"] } satisfies Terms<t.DutyMode>,
  standing: {
    ahead: ["未到时间", "ahead"], on: ["在岗", "on duty"], missing: ["未到岗", "did not come"], held: ["留岗待接", "held until relieved"], left: ["已离岗", "left"], over: ["已下班", "over"],
  } satisfies Terms<t.Standing>,
  swapState: { asked: ["待审批", "waiting"], approved: ["已同意", "approved"], refused: ["已拒绝", "refused"], withdrawn: ["已撤回", "withdrawn"] } satisfies Terms<t.SwapState>,
  openItemKind: { session: ["会话", "session"], request: ["求助单", "help request"], directive: ["督办单", "directive"] } satisfies Terms<t.OpenItemKind>,
  trackKind: { audio: ["声音", "sound"], video: ["画面", "picture"] } satisfies Terms<t.TrackKind>,
  trackSource: {
    unknown: ["未知", "unknown"], camera: ["摄像头", "camera"], microphone: ["麦克风", "microphone"], screen_share: ["屏幕", "screen"], screen_share_audio: ["屏幕声音", "screen sound"],
  } satisfies Terms<t.TrackSource>,
};

type Noun = keyof typeof terms;

/** The shown word of a model word; an unknown one is shown as it is. */
export function term<N extends Noun>(noun: N, word: (keyof (typeof terms)[N] & string) | null | undefined, language: Language): string {
  if (word == null) return "";
  const pair = (terms[noun] as Record<string, readonly [string, string]>)[word];
  return pair ? pair[language === "zh" ? 0 : 1] : word;
}

/** Choices for a select, in the model's order. */
export function choices<N extends Noun>(noun: N, language: Language): { value: keyof (typeof terms)[N] & string; label: string }[] {
  return Object.entries(terms[noun]).map(([value, pair]) => ({ value: value as keyof (typeof terms)[N] & string, label: pair[language === "zh" ? 0 : 1] }));
}
