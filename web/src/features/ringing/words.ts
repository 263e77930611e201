// The words of a request that rings.

import { words } from "@/lib/language";

export const ringWords = words(
  {
    title: "求助来电",
    more: (n: number) => `另有 ${n} 个求助在振铃`,
    waited: "已等待",
    rung: (rung: string) => `呼叫至${rung}`,
    accept: "接听",
    refuse: "拒接",
    why: "拒接原因",
    reasons: { busy: "正在处理其他求助", away: "不在席位", field: "不属于本人业务" },
    cancel: "返回",
    arm: "点此允许振铃声",
    notify: "允许桌面提醒",
    noSentence: "对方一键求助，没有填写内容",
    gone: (name: string) => `${name}已接手`,
    again: "断线待续，需要有人接手",
    bell: (site: string) => `求助：${site}`,
    mediaBlocked: "无法打开本机连接",
  },
  {
    title: "Help is asked for",
    more: (n: number) => `${n} more ring`,
    waited: "waiting",
    rung: (rung: string) => `calling the ${rung}`,
    accept: "Accept",
    refuse: "Refuse",
    why: "Why not",
    reasons: { busy: "Busy with another request", away: "Away from the seat", field: "Not my field" },
    cancel: "Back",
    arm: "Click to allow the ringing sound",
    notify: "Allow desktop notices",
    noSentence: "One tap, nothing was written",
    gone: (name: string) => `${name} has it`,
    again: "The line broke; somebody is to take over",
    bell: (site: string) => `Help: ${site}`,
    mediaBlocked: "The link of this page could not be opened",
  },
);
