// What the tree says of a site: from its endpoints and their presence.

import type { Endpoint, OfflineCause, OrgTree, PresenceView, Site, Unit } from "@/api/types";
import type { Candidates, TourSource } from "./tour";

export type SiteState = "onair" | "online" | "offline" | "privacy" | "bare" | "disabled";

export interface SiteStatus {
  state: SiteState;
  since_ms: number | null;
  cause: OfflineCause | null;
}

export function siteStatus(site: Site, endpoints: readonly Endpoint[], presence: readonly PresenceView[]): SiteStatus {
  if (site.disabled) return { state: "disabled", since_ms: null, cause: "disabled" };
  const own = endpoints.filter((e) => e.site_id === site.id && e.kind !== "console" && !e.disabled);
  if (own.length === 0) return { state: "bare", since_ms: null, cause: null };
  const seen = presence.filter((p) => own.some((e) => e.id === p.endpoint_id));
  const online = seen.filter((p) => p.state === "online");
  if (online.length > 0) {
    const earliest = online.reduce<number | null>((since, p) => (p.since_ms !== null && (since === null || p.since_ms < since) ? p.since_ms : since), null);
    if (site.privacy.on) return { state: "privacy", since_ms: site.privacy.since_ms, cause: null };
    return { state: online.some((p) => p.on_air) ? "onair" : "online", since_ms: earliest, cause: null };
  }
  // The one that left last tells since when the site is away, and why.
  const last = seen.reduce<PresenceView | null>((latest, p) => ((p.since_ms ?? -1) > (latest?.since_ms ?? -2) ? p : latest), null);
  return { state: "offline", since_ms: last?.since_ms ?? null, cause: last?.cause ?? "never" };
}

export interface UnitNode {
  unit: Unit;
  units: UnitNode[];
  sites: Site[];
  /** Sites in it and below that are online, and all of them. */
  online: number;
  all: number;
}

export const isOnline = (status: SiteStatus | undefined) => status !== undefined && (status.state === "onair" || status.state === "online" || status.state === "privacy");

export function statuses(tree: OrgTree, presence: readonly PresenceView[]): Map<string, SiteStatus> {
  return new Map(tree.sites.map((site) => [site.id, siteStatus(site, tree.endpoints, presence)]));
}

/** The tree of units with their sites; units without any site in sight are left out. `shown` filters sites. */
export function unitTree(tree: OrgTree, status: Map<string, SiteStatus>, shown: (site: Site, path: string) => boolean): UnitNode[] {
  const children = new Map<string | null, Unit[]>();
  const ids = new Set(tree.units.map((unit) => unit.id));
  for (const unit of tree.units) {
    const parent = unit.parent_id !== null && ids.has(unit.parent_id) ? unit.parent_id : null;
    children.set(parent, [...(children.get(parent) ?? []), unit]);
  }
  const build = (parent: string | null, path: string): UnitNode[] =>
    (children.get(parent) ?? [])
      .sort((a, b) => a.sort - b.sort || a.code.localeCompare(b.code))
      .flatMap((unit) => {
        const here = `${path} ${unit.name}`;
        const own = tree.sites.filter((site) => site.unit_id === unit.id);
        const sites = own.filter((site) => shown(site, here));
        const units = build(unit.id, here);
        if (sites.length === 0 && units.length === 0) return [];
        const online = own.filter((site) => isOnline(status.get(site.id))).length + units.reduce((n, u) => n + u.online, 0);
        return [{ unit, units, sites, online, all: own.length + units.reduce((n, u) => n + u.all, 0) }];
      });
  return build(null, "");
}

/** Who a tour over `source` shows, in the tree's order. Sites that nobody could ever see are left out; who is merely away is not. */
export function tourCandidates(source: TourSource, tree: OrgTree, status: Map<string, SiteStatus>): Candidates {
  const ids: string[] = [];
  const gather = (node: UnitNode, inside: boolean) => {
    const wanted = inside || (source.is === "unit" && source.unit === node.unit.id);
    for (const site of node.sites) if (wanted || (source.is === "marked" && source.sites.includes(site.id))) ids.push(site.id);
    for (const below of node.units) gather(below, wanted);
  };
  const able = (site: Site) => !["bare", "disabled", undefined].includes(status.get(site.id)?.state);
  for (const node of unitTree(tree, status, able)) gather(node, source.is === "onair");
  const join = source.is === "onair" ? ids.filter((id) => status.get(id)?.state === "onair") : ids;
  return { join, stay: new Set(ids) };
}

/** Whether a site answers to what was typed: every word is part of its name, its code or its unit's path. */
export function answers(site: Site, path: string, typed: string): boolean {
  const text = `${path} ${site.name} ${site.code}`.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
