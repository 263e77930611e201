// The words of the building blocks.

import { words } from "@/lib/language";

export const uiWords = words(
  {
    retry: "重试",
    code: "错误代码",
    more: "继续加载",
    loading: "正在加载…",
    end: (n: number) => `共 ${n} 条`,
    shown: (n: number) => `已显示 ${n} 条`,
    export: "导出",
    lockedUntil: (at: string) => `锁定到 ${at}`,
    limit: (n: number) => `上限 ${n}`,
    running: "进行中",
    refresh: "刷新",
    rules: {
      title: "密码要求",
      short: "至少 8 位",
      long: "最多 128 位",
      upper: "有大写字母",
      lower: "有小写字母",
      digit: "有数字",
      other: "有其他字符，如 @ - 或汉字",
      name: "不含账号名",
    },
  },
  {
    retry: "Try again",
    code: "code",
    more: "Load more",
    loading: "Loading…",
    end: (n: number) => `${n} in all`,
    shown: (n: number) => `${n} shown`,
    export: "Export",
    lockedUntil: (at: string) => `locked until ${at}`,
    limit: (n: number) => `limit ${n}`,
    running: "running",
    refresh: "Refresh",
    rules: {
      title: "What a password needs",
      short: "8 characters or more",
      long: "128 characters or fewer",
      upper: "an upper-case letter",
      lower: "a lower-case letter",
      digit: "a digit",
      other: "another character, such as @ or -",
      name: "not the account's name",
    },
  },
);
