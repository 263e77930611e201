// The org tree out of the flat lists that the server tells.

export interface UnitRow {
  id: string;
  parent_id: string | null;
  name: string;
  code: string;
  sort: number;
  disabled: boolean;
}

export interface SiteRow {
  id: string;
  unit_id: string;
  name: string;
  code: string;
  disabled: boolean;
}

export interface EndpointRow {
  id: string;
  site_id: string | null;
  name: string;
}

export interface SiteNode<S, E> {
  site: S;
  endpoints: E[];
}

export interface UnitNode<U, S, E> {
  unit: U;
  depth: number;
  units: UnitNode<U, S, E>[];
  sites: SiteNode<S, E>[];
}

const byOrder = (a: UnitRow, b: UnitRow) => a.sort - b.sort || a.code.localeCompare(b.code);
const byCode = (a: SiteRow, b: SiteRow) => a.code.localeCompare(b.code);

/** A unit whose parent is not in the lists stands at the top; a cycle, should there ever be one, is left out. */
export function buildTree<U extends UnitRow, S extends SiteRow, E extends EndpointRow>(
  units: readonly U[],
  sites: readonly S[],
  endpoints: readonly E[],
): UnitNode<U, S, E>[] {
  const known = new Set(units.map((u) => u.id));
  const children = group(units, (u) => (u.parent_id !== null && known.has(u.parent_id) ? u.parent_id : ""));
  const sitesOf = group(sites, (s) => s.unit_id);
  const endpointsOf = group(endpoints, (e) => e.site_id ?? "");
  const node = (unit: U, depth: number): UnitNode<U, S, E> => ({
    unit,
    depth,
    units: [...(children.get(unit.id) ?? [])].sort(byOrder).map((child) => node(child, depth + 1)),
    sites: [...(sitesOf.get(unit.id) ?? [])].sort(byCode).map((site) => ({ site, endpoints: endpointsOf.get(site.id) ?? [] })),
  });
  return [...(children.get("") ?? [])].sort(byOrder).map((unit) => node(unit, 0));
}

function group<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const rowsOf = groups.get(key(row));
    if (rowsOf) rowsOf.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

/** The tree with only what matches, and the way to it. An empty search keeps everything. */
export function filterTree<U extends UnitRow, S extends SiteRow, E extends EndpointRow>(
  nodes: readonly UnitNode<U, S, E>[],
  search: string,
): UnitNode<U, S, E>[] {
  const wanted = search.trim().toLowerCase();
  if (!wanted) return [...nodes];
  const hit = (row: { name: string; code?: string }) => row.name.toLowerCase().includes(wanted) || (row.code ?? "").toLowerCase().includes(wanted);
  return nodes.flatMap((node) => {
    if (hit(node.unit)) return [node];
    const units = filterTree(node.units, search);
    const sites = node.sites.filter(({ site, endpoints }) => hit(site) || endpoints.some(hit));
    return units.length || sites.length ? [{ ...node, units, sites }] : [];
  });
}

/** Where a unit may be moved: anywhere but under itself. */
export function possibleParents<U extends UnitRow>(units: readonly U[], moved: string): U[] {
  const parents = new Map(units.map((u) => [u.id, u.parent_id]));
  const under = (id: string) => {
    const seen = new Set<string>();
    for (let at: string | null | undefined = id; at && !seen.has(at); at = parents.get(at)) {
      if (at === moved) return true;
      seen.add(at);
    }
    return false;
  };
  return units.filter((u) => !under(u.id));
}

/** Names from the top down to the unit. */
export function pathOf(units: readonly UnitRow[], id: string): string[] {
  const byId = new Map(units.map((u) => [u.id, u]));
  const names: string[] = [];
  const seen = new Set<string>();
  for (let at = byId.get(id); at && !seen.has(at.id); at = at.parent_id === null ? undefined : byId.get(at.parent_id)) {
    seen.add(at.id);
    names.unshift(at.name);
  }
  return names;
}
