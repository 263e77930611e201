// The filters of a list live in the address; a change replaces the address, so that "back" leaves the list.

import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { readFilters, writeFilters, type Filters } from "./filters";

export function useFilters(): [Filters, (change: Filters) => void, () => void] {
  const [search, setSearch] = useSearchParams();
  const filters = useMemo(() => readFilters(search), [search]);
  const change = (changed: Filters) => setSearch((now) => writeFilters({ ...readFilters(now), ...changed }, now), { replace: true });
  const clear = () => setSearch((now) => writeFilters({}, now), { replace: true });
  return [filters, change, clear];
}
