// The audit's filters, as they stand in the address and as the server takes them.

import { terms } from "@/api/terms";
import type { AuditFilter, AuditResult } from "@/api/types";
import { dayEnd, dayStart } from "@/lib/days";

const NAMES = ["actor", "action", "result", "from", "to"] as const;
export type Filters = Partial<Record<(typeof NAMES)[number], string>>;

export function readFilters(search: URLSearchParams): Filters {
  const filters: Filters = {};
  for (const name of NAMES) {
    const value = search.get(name)?.trim();
    if (value) filters[name] = value;
  }
  return filters;
}

export function writeFilters(filters: Filters): URLSearchParams {
  const search = new URLSearchParams();
  for (const name of NAMES) {
    const value = filters[name]?.trim();
    if (value) search.set(name, value);
  }
  return search;
}

export function auditFilter({ actor, action, result, from, to }: Filters): AuditFilter {
  const [fromMs, toMs] = [dayStart(from), dayEnd(to)];
  return {
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(isResult(result) && { result }),
    ...(fromMs !== undefined && { from_ms: fromMs }),
    ...(toMs !== undefined && { to_ms: toMs }),
  };
}

function isResult(result: string | undefined): result is AuditResult {
  return result !== undefined && result in terms.auditResult;
}
