// Guesses a case's kind from the look of its number. Only an offer: the server checks by the district's own patterns.

import type { CaseKind } from "@/api/types";

const SIGNS: readonly [RegExp, CaseKind][] = [
  [/人调/, "mediation"],
  [/法援|援[〔[(（]/, "legal_aid"],
  [/公?证.*字/, "notary"],
  [/鉴/, "appraisal"],
  [/矫/, "correction"],
  [/安帮|帮教/, "resettlement"],
  [/政复/, "reconsideration"],
  [/^12345\d/, "hotline"],
  [/要情/, "report"],
  [/咨询/, "consultation"],
  [/宣传/, "publicity"],
];

export function kindOf(number: string): CaseKind | null {
  return SIGNS.find(([sign]) => sign.test(number))?.[1] ?? null;
}
