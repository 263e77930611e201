// The filters of a timeline, as they stand in the address and as the server takes them.

import { terms } from "@/api/terms";
import type { CaseEntryKind, CaseTimelineFilter } from "@/api/types";
import { dayEnd, dayStart } from "@/lib/days";

export interface CaseFilters {
  kinds: CaseEntryKind[];
  unit: string;
  /** Days, yyyy-mm-dd. */
  from: string;
  to: string;
}

export function readCaseFilters(search: URLSearchParams): CaseFilters {
  const kinds = (search.get("kinds") ?? "").split(",").filter((word): word is CaseEntryKind => word in terms.caseEntryKind);
  return { kinds: [...new Set(kinds)], unit: search.get("unit") ?? "", from: search.get("from") ?? "", to: search.get("to") ?? "" };
}

/** Only what is set. */
export function writeCaseFilters({ kinds, unit, from, to }: CaseFilters): URLSearchParams {
  const search = new URLSearchParams();
  if (kinds.length > 0) search.set("kinds", kinds.join(","));
  for (const [name, value] of Object.entries({ unit, from, to })) if (value) search.set(name, value);
  return search;
}

/** What the server is asked for; the last day is included. */
export function timelineFilter({ kinds, unit, from, to }: CaseFilters): CaseTimelineFilter {
  const [first, last] = [dayStart(from || undefined), dayEnd(to || undefined)];
  return {
    ...(kinds.length > 0 && { kinds: kinds.join(",") }),
    ...(unit && { unit_id: unit }),
    ...(first !== undefined && { from_ms: first }),
    ...(last !== undefined && { to_ms: last }),
  };
}

export function isCaseFiltered({ kinds, unit, from, to }: CaseFilters): boolean {
  return kinds.length > 0 || Boolean(unit || from || to);
}
