// Filters of the lists, as they stand in the address and as the server takes them.

import { terms } from "@/api/terms";
import type { RegisterFilter, SessionFilter, SessionKind } from "@/api/types";
import { dayEnd, dayStart } from "@/lib/days";

const NAMES = ["site", "unit", "person", "kind", "case", "q", "from", "to", "open"] as const;
export type FilterName = (typeof NAMES)[number];
/** Only what is set. Days are yyyy-mm-dd; `open` is "1". */
export type Filters = Partial<Record<FilterName, string>>;

/** From an address; empty values are as good as none. */
export function readFilters(search: URLSearchParams): Filters {
  const filters: Filters = {};
  for (const name of NAMES) {
    const value = search.get(name)?.trim();
    if (value) filters[name] = value;
  }
  return filters;
}

/** For an address: in one order, so that equal filters are equal addresses. Keeps what is not ours. */
export function writeFilters(filters: Filters, keep: URLSearchParams = new URLSearchParams()): URLSearchParams {
  const search = new URLSearchParams(keep);
  for (const name of NAMES) {
    search.delete(name);
    const value = filters[name]?.trim();
    if (value) search.set(name, value);
  }
  return search;
}

/** What the server is asked for: its names, days as milliseconds, the last day included. */
export function sessionFilter(filters: Filters): SessionFilter {
  const kind = filters.kind;
  return {
    ...registerFilter(filters),
    ...(isKind(kind) && { kind }),
    ...(filters.case !== undefined && { case: filters.case }),
    ...(filters.q !== undefined && { q: filters.q }),
    ...(filters.open === "1" && { open: true }),
  };
}

export function registerFilter(filters: Filters): RegisterFilter {
  const [from, to] = [dayStart(filters.from), dayEnd(filters.to)];
  return {
    ...(filters.site !== undefined && { site_id: filters.site }),
    ...(filters.unit !== undefined && { unit_id: filters.unit }),
    ...(filters.person !== undefined && { person_id: filters.person }),
    ...(from !== undefined && { from_ms: from }),
    ...(to !== undefined && { to_ms: to }),
  };
}

function isKind(kind: string | undefined): kind is SessionKind {
  return kind !== undefined && kind in terms.sessionKind;
}

export function isFiltered(filters: Filters): boolean {
  return NAMES.some((name) => filters[name]);
}
