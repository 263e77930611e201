// The words of the audit.

import { words } from "@/lib/language";

export const auditWords = words(
  {
    title: "审计",
    about: "谁在什么时候做了什么、成没成。每一条都带着前一条的指纹，改一条、删一条都会露出来。",
    verify: "校验链",
    verifying: "正在逐条校验…",
    whole: (rows: number, at: string) => `审计链完整：共 ${rows} 条，校验于 ${at}`,
    broken: (row: number) => `审计链在第 ${row} 条断开`,
    brokenWhat: (rows: number) => `前 ${rows} 条完好；从断开处起，记录可能被改动或缺失。请立即保全数据库，并报告主管负责人。`,
    columns: { seq: "序号", at: "时间", actor: "操作人", action: "操作", object: "对象", result: "结果", reason: "原因", ip: "地址" },
    filter: { actor: "操作人", action: "操作", result: "结果", from: "起始日期", to: "截止日期", clear: "清除筛选", all: (group: string) => `全部${group}操作` },
    empty: "没有符合条件的审计记录",
    emptyNext: "放宽时间范围，或清除筛选。",
    detail: { title: (seq: number) => `第 ${seq} 条`, roles: "当时角色", id: "对象编号", account: "账号编号", endpoint: "终端编号", detail: "细节", none: "没有更多细节", previous: "前一条指纹", hash: "本条指纹", code: "操作代码" },
  },
  {
    title: "Audit",
    about: "Who did what, when, and whether it worked. Each row carries the fingerprint of the one before: a change or a deletion shows.",
    verify: "Verify the chain",
    verifying: "Checking row by row…",
    whole: (rows: number, at: string) => `The chain is whole: ${rows} rows, checked ${at}`,
    broken: (row: number) => `The chain breaks at row ${row}`,
    brokenWhat: (rows: number) => `The first ${rows} rows are sound; from there on rows may have been changed or removed. Secure the database now, and report it.`,
    columns: { seq: "No.", at: "Time", actor: "Who", action: "Action", object: "Object", result: "Result", reason: "Reason", ip: "Address" },
    filter: { actor: "Who", action: "Action", result: "Result", from: "From day", to: "To day", clear: "Clear filters", all: (group: string) => `All of ${group}` },
    empty: "No audit row fits these filters",
    emptyNext: "Widen the time range, or clear the filters.",
    detail: { title: (seq: number) => `Row ${seq}`, roles: "Roles then", id: "Object id", account: "Account id", endpoint: "Endpoint id", detail: "Detail", none: "No further detail", previous: "Fingerprint before", hash: "Fingerprint", code: "Action code" },
  },
);
