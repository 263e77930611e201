// The audited actions in words. An action that is not listed is shown as it is.

import type { Language } from "@/lib/language";

type Word = readonly [zh: string, en: string];

const GROUPS: Record<string, Word> = {
  login: ["登录", "logins"],
  account: ["账号", "accounts"],
  person: ["人员", "persons"],
  grant: ["授权", "role grants"],
  org: ["机构", "organisation"],
  enrolment: ["终端登记", "enrolment"],
  watch: ["巡查", "watches"],
  session: ["会话", "sessions"],
  conference: ["会商", "conferences"],
  case: ["案件", "cases"],
  directive: ["督办单", "directives"],
  guest: ["来访", "guests"],
  consent: ["知情同意", "consents"],
  register: ["调用登记", "view register"],
  check: ["自检", "checks"],
  station: ["工作站", "workstations"],
  presence: ["在线状态", "presence"],
  link: ["链路", "links"],
  audit: ["审计", "audit"],
  server: ["服务", "server"],
};

const ACTIONS: Record<string, Word> = {
  "login.open": ["登录", "log in"],
  "login.end": ["退出登录", "log out"],
  "account.list": ["查看账号", "list accounts"],
  "account.create": ["新建账号", "create account"],
  "account.update": ["修改账号", "change account"],
  "account.change_password": ["修改密码", "change password"],
  "person.list": ["查看人员", "list persons"],
  "person.create": ["新建人员", "create person"],
  "person.update": ["修改人员", "change person"],
  "grant.list": ["查看授权", "list role grants"],
  "grant.give": ["授予角色", "give role"],
  "grant.withdraw": ["撤销角色", "withdraw role"],
  "org.read": ["查看机构", "read the org tree"],
  "org.create_unit": ["新建机构", "create unit"],
  "org.update_unit": ["修改机构", "change unit"],
  "org.create_site": ["新建场所", "create site"],
  "org.update_site": ["修改场所", "change site"],
  "org.create_endpoint": ["新建终端", "create endpoint"],
  "org.update_endpoint": ["修改终端", "change endpoint"],
  "enrolment.issue": ["签发登记码", "issue enrolment code"],
  "enrolment.use": ["使用登记码", "use enrolment code"],
  "enrolment.token": ["签发设备令牌", "issue device token"],
  "whip.publish": ["编码器推流", "publish by WHIP"],
  "whep.play": ["播放器拉流", "play by WHEP"],
  "guest.link": ["发出来访链接", "make guest link"],
  "guest.link_revoke": ["撤销来访链接", "revoke guest link"],
  "guest.open": ["打开来访链接", "open guest link"],
  "guest.remove": ["移出来访人", "remove guest"],
  "guest.rate": ["来访人评价", "guest's rating"],
  "consent.give": ["知情同意", "give consent"],
  "consent.withdraw": ["撤回同意", "withdraw consent"],
  "consent.text": ["修订同意书", "new consent text"],
  "check.keep": ["岗前自检", "pre-shift check"],
  "watch.open": ["开始巡查", "open watch"],
  "watch.end": ["结束巡查", "end watch"],
  "session.open": ["打开会话", "open session"],
  "session.end": ["结束会话", "end session"],
  "session.read": ["查看会话", "read session"],
  "session.list": ["查看记录", "list sessions"],
  "session.export": ["导出记录", "export sessions"],
  "session.quality.export": ["导出质量曲线", "export quality"],
  "session.quality.purge": ["清理过期质量数据", "drop old quality figures"],
  "session.observer_lost": ["中心端断线", "the link of the centre was lost"],
  "session.interrupted": ["会话异常中断", "session interrupted"],
  "assist.open": ["发起求助会话", "open assistance"],
  "assist.answer": ["现场接听", "answer a call"],
  "assist.hang_up": ["现场挂断", "hang up"],
  "assist.invite": ["邀请加入", "invite"],
  "assist.join": ["加入求助会话", "join assistance"],
  "assist.remove": ["离开或移出", "leave or remove"],
  "assist.mode": ["改变通话方式", "change the mode"],
  "assist.candidates": ["查看可邀请人员", "list who may be invited"],
  "frame.keep": ["定格画面", "keep a frame"],
  "stroke.draw": ["标注", "draw"],
  "stroke.undo": ["撤销标注", "undo a stroke"],
  "line.say": ["发送文字", "write a line"],
  "conference.open": ["会商开始", "open conference"],
  "case.link": ["关联案件", "link case"],
  "case.withdraw": ["撤销关联", "withdraw case link"],
  "case.read": ["查看案件", "read case"],
  "file.keep": ["发送文件", "send a file"],
  "case.print": ["打印案件", "print case"],
  "case.patterns": ["查看案号格式", "read case formats"],
  "case.set_pattern": ["修改案号格式", "change case format"],
  "directive.issue": ["下发督办单", "issue directive"],
  "directive.sign": ["签收督办单", "sign for directive"],
  "directive.report": ["反馈督办单", "report on directive"],
  "directive.close": ["督办单销号", "close directive"],
  "directive.return": ["退回督办单", "return directive"],
  "directive.escalate": ["升级督办单", "escalate directive"],
  "directive.overdue": ["督办单逾期", "directive overdue"],
  "directive.picture": ["保存督办图片", "keep a directive's picture"],
  "directive.read": ["查看督办单", "read directive"],
  "directive.list": ["查看督办", "list directives"],
  "directive.export": ["导出督办单", "export directives"],
  "register.list": ["查看调用登记", "read the view register"],
  "register.export": ["导出调用登记", "export the view register"],
  "station.privacy_on": ["打开隐私", "privacy on"],
  "station.privacy_off": ["关闭隐私", "privacy off"],
  "presence.list": ["查看在线状态", "read presence"],
  "link.token": ["申请链路令牌", "ask for a link token"],
  "link.refused": ["链路请求被拒", "link request refused"],
  "audit.read": ["查看审计", "read the audit"],
  "audit.verify": ["校验审计链", "verify the audit chain"],
  "server.start": ["服务启动", "server start"],
  "server.first_start": ["首次启动", "first start"],
  "server.seed_demo": ["装入演示数据", "seed demo data"],
};

const OBJECTS: Record<string, Word> = {
  login: ["登录", "login"],
  unit: ["机构", "unit"],
  site: ["场所", "site"],
  endpoint: ["终端", "endpoint"],
  person: ["人员", "person"],
  account: ["账号", "account"],
  watch: ["巡查", "watch"],
  session: ["会话", "session"],
  case: ["案件", "case"],
  register: ["调用登记", "register"],
  presence: ["在线状态", "presence"],
  audit: ["审计", "audit"],
  server: ["服务", "server"],
};

const said = (word: Word | undefined, language: Language) => word?.[language === "zh" ? 0 : 1];

export function actionWord(action: string, language: Language): string {
  return said(ACTIONS[action], language) ?? action;
}

export function objectWord(kind: string, language: Language): string {
  return said(OBJECTS[kind], language) ?? kind;
}

export interface ActionGroup {
  label: string;
  options: { value: string; label: string }[];
}

/** For a select: each group as a whole, then its actions. */
export function actionGroups(language: Language, whole: (group: string) => string): ActionGroup[] {
  return Object.entries(GROUPS).map(([group, word]) => {
    const label = said(word, language) ?? group;
    const actions = Object.keys(ACTIONS).filter((action) => action.startsWith(`${group}.`));
    return {
      label,
      options: [{ value: group, label: whole(label) }, ...actions.map((action) => ({ value: action, label: actionWord(action, language) }))],
    };
  });
}
