import { expect, test } from "vitest";
import type { Endpoint, OrgTree, PresenceView, Site, Unit } from "@/api/types";
import { answers, siteStatus, statuses, tourCandidates, unitTree } from "./sites";
import type { TourSource } from "./tour";

const site = (over: Partial<Site> = {}): Site => ({
  id: "s", unit_id: "u", name: "华明街道司法所", kind: "window", privacy_class: "open", code: "HM01", disabled: false,
  privacy: { on: false, reason: null, since_ms: null }, version: 1, ...over,
});
const endpoint = (id: string, over: Partial<Endpoint> = {}): Endpoint => ({
  id, site_id: "s", name: id, kind: "station", enrolled: true, disabled: false, login_id: null, tab: null, version: 1, ...over,
});
const seen = (endpoint_id: string, over: Partial<PresenceView> = {}): PresenceView => ({
  endpoint_id, site_id: "s", state: "offline", on_air: false, privacy: false, since_ms: null, cause: "never", cause_zh: null, cause_en: null, ...over,
});
const unit = (id: string, parent_id: string | null, sort = 0): Unit => ({ id, parent_id, name: id, level: "street", code: id, sort, disabled: false, version: 1 });

test("a site is what its best endpoint is", () => {
  const both = [endpoint("a"), endpoint("b")];
  expect(siteStatus(site(), both, [seen("a"), seen("b", { state: "online", on_air: true, since_ms: 9 })])).toEqual({ state: "onair", since_ms: 9, cause: null });
  expect(siteStatus(site(), both, [seen("a", { state: "online", since_ms: 5 })]).state).toBe("online");
});

test("an offline site says since when and why, by the endpoint that left last", () => {
  const both = [endpoint("a"), endpoint("b")];
  const views = [seen("a", { since_ms: 10, cause: "closed" }), seen("b", { since_ms: 20, cause: "lost" })];
  expect(siteStatus(site(), both, views)).toEqual({ state: "offline", since_ms: 20, cause: "lost" });
});

test("privacy, no endpoint, disabled", () => {
  const on = site({ privacy: { on: true, reason: "正在调解", since_ms: 7 } });
  expect(siteStatus(on, [endpoint("a")], [seen("a", { state: "online" })])).toEqual({ state: "privacy", since_ms: 7, cause: null });
  expect(siteStatus(site(), [endpoint("c", { kind: "console" })], []).state).toBe("bare");
  expect(siteStatus(site(), [endpoint("a", { disabled: true })], [seen("a")]).state).toBe("bare");
  expect(siteStatus(site({ disabled: true }), [endpoint("a")], []).state).toBe("disabled");
});

test("units count what is below them, and vanish when nothing of them is shown", () => {
  const tree: OrgTree = {
    units: [unit("root", null), unit("east", "root", 2), unit("west", "root", 1), unit("bare", "root", 3)],
    sites: [site({ id: "s", unit_id: "east" }), site({ id: "t", unit_id: "west", name: "西" })],
    endpoints: [endpoint("a")],
  };
  const status = statuses(tree, [seen("a", { state: "online" })]);
  const [root] = unitTree(tree, status, () => true);
  expect([root?.online, root?.all]).toEqual([1, 2]);
  expect(root?.units.map((node) => node.unit.id)).toEqual(["west", "east"]);
  expect(unitTree(tree, status, (s) => s.id === "t")[0]?.units.map((node) => node.unit.id)).toEqual(["west"]);
});

test("a tour goes over what its source says, in the tree's order, and leaves out who can never be seen", () => {
  const tree: OrgTree = {
    units: [unit("root", null), unit("east", "root", 2), unit("west", "root", 1), unit("lane", "east")],
    sites: [
      site({ id: "e", unit_id: "east" }),
      site({ id: "l", unit_id: "lane" }),
      site({ id: "w", unit_id: "west" }),
      site({ id: "none", unit_id: "east" }),
      site({ id: "shut", unit_id: "east", disabled: true }),
    ],
    endpoints: ["e", "l", "w", "shut"].map((id) => endpoint(`at-${id}`, { site_id: id })),
  };
  const status = statuses(tree, [seen("at-l", { state: "online", on_air: true }), seen("at-w", { state: "online", on_air: true }), seen("at-e")]);
  const over = (source: TourSource) => tourCandidates(source, tree, status);
  expect(over({ is: "unit", unit: "east" }).join).toEqual(["e", "l"]);
  expect(over({ is: "unit", unit: "lane" }).join).toEqual(["l"]);
  expect(over({ is: "marked", sites: ["e", "none", "w"] }).join).toEqual(["w", "e"]);
  // Who goes off the air keeps the tile that says so; who was never on it does not join.
  expect(over({ is: "onair" })).toEqual({ join: ["w", "l"], stay: new Set(["w", "e", "l"]) });
});

test("search takes words of name, code and unit", () => {
  expect(answers(site(), "东丽区 华明街道", "华明 hm01")).toBe(true);
  expect(answers(site(), "东丽区 华明街道", "丰年")).toBe(false);
});
