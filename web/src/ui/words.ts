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
  },
);
