// The words of the check: for each cause what it is, and what to do about it.

import type { CheckItem, CheckTopic } from "@/api/types";
import { words, type Language } from "@/lib/language";

export const checkWords = words(
  {
    title: "岗前自检",
    about: "十秒钟，看这台电脑的摄像头、麦克风、扬声器和到服务器的线路能不能上岗。结果会留存。",
    start: "开始自检",
    again: "再检一次",
    cancel: "停止",
    running: "正在检查，请对着麦克风说一句话",
    answer: "请回答有没有听到提示音",
    cancelled: "已停止，这次不留结果",
    took: (s: string) => `用时 ${s} 秒`,
    whole: { good: "可以上岗", weak: "能上岗，有几处要处理", bad: "有问题，请先处理", skipped: "什么都没有检查" },
    last: (at: string, verdict: string) => `上次自检：${at}，${verdict}`,
    never: "还没有做过自检",
    kept: "结果已留存",
    copy: "复制结果",
    copied: "结果已复制，可以发给技术人员",
    byHand: "浏览器不让网页复制，请全选下面的文字复制：",
    question: "刚才听到“叮——咚”了吗？",
    yes: "听到了",
    no: "没听到",
    repeat: "再放一次",
    level: "麦克风音量",
    picture: "摄像头画面",
    progress: "自检进度",
    waiting: "待检查",
    busy: "检查中…",
    cause: "原因",
    cure: "处理",
    back: "回到工作站",
    product: "连线 · 岗前自检",
    notStation: "这台电脑还没有登记为工作站",
    toStation: "去登记",
    toConsole: "用账号登录后自检",
    guest: {
      title: "先看看手机或电脑能不能连线",
      about: "不到十秒：摄像头、麦克风、扬声器和线路。浏览器询问时请点“允许”。",
      start: "检查设备",
      again: "再检查一次",
      skip: "跳过检查",
      go: "下一步",
      whole: { good: "设备和线路正常", weak: "可以连线，有几处要注意", bad: "有问题，按下面的办法处理后再检查；处理不了也可以继续", skipped: "什么都没有检查" },
    },
    report: { head: "连线岗前自检", at: "时间", who: "姓名或终端", address: "服务器", browser: "浏览器" },
  },
  {
    title: "Pre-shift check",
    about: "Ten seconds to see whether this computer's camera, microphone, speaker and line are fit for the shift. The result is kept.",
    start: "Start the check",
    again: "Check again",
    cancel: "Stop",
    running: "Checking: please say something",
    answer: "Please say whether you heard the notes",
    cancelled: "Stopped; nothing is kept of this run",
    took: (s: string) => `took ${s} s`,
    whole: { good: "Fit for the shift", weak: "Fit, with things to take care of", bad: "Not fit yet: see below", skipped: "Nothing was checked" },
    last: (at: string, verdict: string) => `Last check: ${at}, ${verdict}`,
    never: "No check yet",
    kept: "The result is kept",
    copy: "Copy the result",
    copied: "Copied: send it to whoever looks after the computers",
    byHand: "This browser lets no page copy; select the text below:",
    question: "Did you hear two notes?",
    yes: "I heard them",
    no: "I did not",
    repeat: "Play again",
    level: "Microphone level",
    picture: "The camera's picture",
    progress: "Progress of the check",
    waiting: "to be checked",
    busy: "checking…",
    cause: "Cause",
    cure: "What to do",
    back: "Back to the workstation",
    product: "Lianxian · Pre-shift check",
    notStation: "This computer is not enrolled as a workstation",
    toStation: "Enrol it",
    toConsole: "Log in and check",
    guest: {
      title: "See first whether this phone or computer can connect",
      about: "Less than ten seconds: camera, microphone, speaker and line. When the browser asks, choose “Allow”.",
      start: "Check the devices",
      again: "Check again",
      skip: "Skip the check",
      go: "Next",
      whole: { good: "Devices and line are fine", weak: "It will work, with things to mind", bad: "See below what to do, then check again; you may go on all the same", skipped: "Nothing was checked" },
    },
    report: { head: "Lianxian pre-shift check", at: "Time", who: "Person or device", address: "Server", browser: "Browser" },
  },
);

type Text = readonly [zh: string, en: string];
interface Advice {
  cause: Text;
  cure: Text;
}

const device = (zh: string, en: string): Record<string, Advice> => ({
  denied: {
    cause: [`浏览器没有允许使用${zh}`, `The browser does not allow the ${en}`],
    cure: [`点地址栏左侧的图标，把${zh}改为“允许”，再检一次`, `Click the icon left of the address, set the ${en} to “allow”, and check again`],
  },
  busy: {
    cause: [`${zh}正被其他程序占用`, `Another program uses the ${en}`],
    cure: ["关闭正在使用它的程序（会议、录屏等），再检一次", "Close the program that uses it (a meeting, a recorder), and check again"],
  },
  missing: {
    cause: [`找不到${zh}`, `There is no ${en}`],
    cure: [`检查${zh}的连接线。只看画面的岗位可以不装；要喊话、会商或作为工作站则必须有`, `Check its cable. Whoever only watches can do without; talking and workstations cannot`],
  },
  insecure: {
    cause: [`浏览器不允许在这个地址使用${zh}`, `The browser allows no ${en} at this address`],
    cure: ["用 https:// 开头的地址打开；仍不行时请管理员在本机安装证书", "Open the https:// address; if that does not help, have the certificate installed on this computer"],
  },
  unknown: {
    cause: [`${zh}打不开`, `The ${en} cannot be opened`],
    cure: ["重新插拔，或重启电脑，再检一次", "Unplug it and plug it in again, or restart the computer"],
  },
  privacy: {
    cause: ["隐私开关是打开的，没有碰摄像头和麦克风", "The privacy switch is on: camera and microphone were left alone"],
    cure: ["关闭隐私开关后再检一次", "Switch privacy off and check again"],
  },
});

const BUSY: Advice = {
  cause: ["同时自检的人太多，这一项没有检查", "Too many are checking at once; this was left out"],
  cure: ["过一分钟再检一次", "Check again in a minute"],
};
const NARROW: Advice = {
  cause: ["线路偏窄，画面多时会变模糊或暂停", "The line is narrow: with many pictures some turn coarse or pause"],
  cure: ["停掉这台电脑和同一条线路上的下载、网盘同步；长期如此请联系网络管理员扩容", "Stop downloads and synchronisation on this line; if it stays so, ask for a wider one"],
};
const TOO_NARROW: Advice = {
  cause: ["线路太窄，画面可能看不了，声音可能断续", "The line is too narrow: pictures may not come, sound may break"],
  cure: ["换有线网络或别的线路；联系网络管理员检查限速", "Use a cable or another line; ask the network's administrator about limits"],
};
const BROKEN: Advice = {
  cause: ["传输中断，没有量出来", "The transfer broke off; nothing was measured"],
  cure: ["再检一次；仍不行请联系网络管理员，查看代理是否限制了上传下载", "Check again; if it stays so, ask whether a proxy limits transfers"],
};
const SLOW: Advice = {
  cause: ["往返时间长，操作会觉得慢", "A round takes long: everything feels slow"],
  cure: ["换有线网络；停掉占用线路的下载；仍慢请联系网络管理员", "Use a cable, stop downloads; if it stays slow, ask the network's administrator"],
};
const NO_PEER: Advice = {
  cause: ["服务器没有给出可连接的检查点", "The server gave no peer to reach"],
  cure: ["过一会再检一次；仍不行请让运维人员在服务器上运行 lianxian doctor", "Check again soon; if it stays so, have lianxian doctor run on the server"],
};
const NO_WEBRTC: Advice = {
  cause: ["这个浏览器不支持或关闭了实时音视频（WebRTC）", "This browser has no real-time media (WebRTC), or it is switched off"],
  cure: ["换用新版 Chrome、Edge 或 Firefox；检查单位的浏览器策略", "Use a current Chrome, Edge or Firefox; check the browser's policies"],
};
const media = (port: string): Text => [
  `UDP 和 TCP 都到不了媒体端口（${port}），看不了画面`,
  `Media gets through neither over UDP nor over TCP (port ${port}): no picture will come`,
];

function advice(topic: CheckTopic, cause: string, figure: number | null): Advice | undefined {
  const n = figure === null ? "?" : String(figure);
  const table: Record<CheckTopic, Record<string, Advice>> = {
    camera: {
      ...device("摄像头", "camera"),
      no_picture: {
        cause: ["摄像头打开了，但没有画面", "The camera is open, but no picture came"],
        cure: ["看镜头盖、隐私挡片是否打开，换一个 USB 口再试", "Look at its cover or shutter, try another USB port"],
      },
    },
    microphone: {
      ...device("麦克风", "microphone"),
      silent: {
        cause: ["麦克风打开了，但几乎没有听到声音", "The microphone is open, but heard next to nothing"],
        cure: ["再检一次并对着麦克风说话；看麦克风是否静音、系统里选的是不是这一个", "Check again and speak into it; see whether it is muted or another one is chosen in the system"],
      },
      not_used: { cause: ["本工作站设置为不用麦克风", "This workstation is set to use no microphone"], cure: ["要用时在“更换设备”里选上", "Choose one under “Change devices”"] },
    },
    speaker: {
      not_heard: {
        cause: ["提示音没有听到", "The notes were not heard"],
        cure: ["看音箱是否通电、音量是否为零、系统里选的输出是不是这一个", "See whether the speaker is on, the volume above zero, and the right output chosen in the system"],
      },
      no_output: { cause: ["浏览器放不出声音", "The browser plays no sound"], cure: ["接上音箱或耳机；检查浏览器标签页是否被静音", "Connect a speaker or headphones; see whether the tab is muted"] },
      unanswered: { cause: ["没有回答是否听到", "Nobody said whether the notes were heard"], cure: ["再检一次，听到提示音后点“听到了”", "Check again and answer the question"] },
    },
    port: {
      unreachable: { cause: ["服务器没有应答", "The server did not answer"], cure: ["看网线和网络；其他电脑也打不开时联系运维人员", "See to the network; if other computers fail too, tell the operator"] },
      slow: SLOW,
    },
    link: {
      no_websocket: {
        cause: ["网页能打开，但信令连接（WebSocket）建不起来，多半是代理或网关不放行", "The page opens, but no WebSocket does: a proxy or gateway lets none through, as a rule"],
        cure: [`请网络管理员对 ${typeof location === "undefined" ? "服务器" : location.host} 放行 WebSocket，或让浏览器不经代理访问`, "Ask the network's administrator to let WebSockets through to this server, or to reach it without the proxy"],
      },
      slow: SLOW,
    },
    udp: {
      udp_blocked: {
        cause: [`防火墙挡住了 UDP 端口 ${n}；画面改走 TCP，能看，网络差时更容易卡`, `A firewall blocks UDP port ${n}; pictures go over TCP: they come, but stall more easily on a poor line`],
        cure: [`请网络管理员放行这台电脑到服务器的 UDP ${n}（来回都要）`, `Ask the network's administrator to let UDP ${n} through to the server, both ways`],
      },
      media_blocked: {
        cause: media(n),
        cure: [`请网络管理员放行到服务器的 UDP ${n}；若单位用代理检查 HTTPS 内容，请对本服务器免检`, `Ask the network's administrator to let UDP ${n} through to the server; if a proxy looks into HTTPS, exempt this server`],
      },
      not_offered: { cause: ["服务器没有给出 UDP 地址", "The server names no UDP address"], cure: ["请运维人员检查配置 media.addresses", "Have the operator look at media.addresses"] },
      busy: BUSY,
      no_peer: NO_PEER,
      no_webrtc: NO_WEBRTC,
    },
    tcp: {
      tcp_blocked: {
        cause: [`UDP 是通的，但媒体走 TCP 端口 ${n} 不通，UDP 万一被挡就没有后路`, `UDP works, but media over TCP port ${n} does not: there is no second way should UDP be blocked`],
        cure: ["多半是代理在检查 HTTPS 内容，请对本服务器免检；不影响现在使用", "A proxy that looks into HTTPS, as a rule: exempt this server. Nothing suffers for now"],
      },
      media_blocked: {
        cause: media(n),
        cure: [`请网络管理员放行到服务器的 TCP ${n}，并对本服务器免去 HTTPS 内容检查`, `Ask the network's administrator to let TCP ${n} through unchanged: no proxy may look into it`],
      },
      not_offered: { cause: ["服务器没有开媒体走 TCP 的备用通道", "The server offers no way over TCP"], cure: ["UDP 可用时不影响；要开请设置 media.tcp_port", "Nothing suffers while UDP works; media.tcp_port switches it on"] },
      busy: BUSY,
      no_peer: NO_PEER,
      no_webrtc: NO_WEBRTC,
    },
    clock: {
      ahead: { cause: ["这台电脑的时钟比服务器快", "This computer's clock is ahead of the server's"], cure: ["在系统设置里打开自动对时；记录一律以服务器时间为准", "Switch on automatic time in the system; records go by the server's time"] },
      behind: { cause: ["这台电脑的时钟比服务器慢", "This computer's clock is behind the server's"], cure: ["在系统设置里打开自动对时；记录一律以服务器时间为准", "Switch on automatic time in the system; records go by the server's time"] },
      no_answer: { cause: ["信令没有接通，没法对时", "Without signalling the clocks cannot be compared"], cure: ["先处理“信令连接”", "See to signalling first"] },
    },
    download: { narrow: NARROW, too_narrow: TOO_NARROW, broken: BROKEN, busy: BUSY },
    upload: { narrow: NARROW, too_narrow: TOO_NARROW, broken: BROKEN, busy: BUSY },
  };
  return table[topic][cause];
}

/** Why a topic is not as it should be, and what to do; null where there is nothing to say. A cause that this page does not know is shown as it is. */
export function explain(item: CheckItem, language: Language): { cause: string; cure: string } | null {
  if (item.cause === "") return null;
  const at = language === "zh" ? 0 : 1;
  const known = advice(item.topic, item.cause, item.figure);
  return known ? { cause: known.cause[at], cure: known.cure[at] } : { cause: item.cause, cure: "" };
}

/** What was measured, with its unit. */
export function figureText({ topic, figure, verdict }: CheckItem, language: Language): string {
  if (figure === null) return "";
  const zh = language === "zh";
  switch (topic) {
    case "camera":
      return `${figure}p`;
    case "microphone":
      return zh ? `音量 ${figure}%` : `level ${figure}%`;
    case "port":
    case "link":
      return zh ? `往返 ${figure} 毫秒` : `round trip ${figure} ms`;
    case "udp":
    case "tcp":
      return zh ? `端口 ${figure}${verdict === "good" ? " 通" : ""}` : `port ${figure}${verdict === "good" ? " open" : ""}`;
    case "clock":
      return Math.abs(figure) < 1_000 ? (zh ? `相差 ${Math.abs(figure)} 毫秒` : `${Math.abs(figure)} ms apart`) : zh ? `相差 ${(Math.abs(figure) / 1000).toFixed(1)} 秒` : `${(Math.abs(figure) / 1000).toFixed(1)} s apart`;
    case "download":
    case "upload":
      return figure >= 10_000 ? `${Math.round(figure / 1000)} Mbit/s` : figure >= 1_000 ? `${(figure / 1000).toFixed(1)} Mbit/s` : `${figure} kbit/s`;
    case "speaker":
      return "";
  }
}
