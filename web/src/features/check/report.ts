// The result as text, to be sent to whoever looks after the computers.

import { term } from "@/api/terms";
import type { CheckItem } from "@/api/types";
import type { Language } from "@/lib/language";
import { timeText } from "@/lib/time";
import { checkWords, explain, figureText } from "./words";

export function reportText({ items, at, who, address, browser }: { items: readonly CheckItem[]; at: number; who: string; address: string; browser: string }, language: Language): string {
  const say = checkWords[language];
  const colon = language === "zh" ? "：" : ": ";
  const head = [say.report.head, `${say.report.at}${colon}${timeText(at)}`, `${say.report.who}${colon}${who}`, `${say.report.address}${colon}${address}`, `${say.report.browser}${colon}${browser}`];
  const lines = items.flatMap((item) => {
    const figure = figureText(item, language);
    const told = explain(item, language);
    return [
      `[${term("checkVerdict", item.verdict, language)}] ${term("checkTopic", item.topic, language)}${figure && `  ${figure}`}`,
      ...(told ? [`    ${say.cause}${colon}${told.cause}`, ...(told.cure ? [`    ${say.cure}${colon}${told.cure}`] : [])] : []),
    ];
  });
  return [...head, "", ...lines, ""].join("\n");
}
