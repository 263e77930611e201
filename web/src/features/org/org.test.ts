// The tree, and which roles exclude each other.

import { describe, expect, it } from "vitest";
import { clash } from "./roles";
import { buildTree, filterTree, pathOf, possibleParents } from "./tree";

const unit = (id: string, parent_id: string | null, sort = 0) => ({ id, parent_id, name: `单位${id}`, code: id.toUpperCase(), sort, disabled: false });
const units = [unit("c", "a", 2), unit("b", "a", 1), unit("a", null), unit("d", "b")];
const sites = [{ id: "s", unit_id: "d", name: "大厅", code: "S1", disabled: false }];
const endpoints = [{ id: "e", site_id: "s", name: "前台一号机" }];

describe("the tree", () => {
  it("is built in order, with sites and endpoints in their places", () => {
    const [root] = buildTree(units, sites, endpoints);
    expect(root?.units.map((n) => n.unit.id)).toEqual(["b", "c"]);
    expect(root?.units[0]?.units[0]?.sites[0]?.endpoints.map((e) => e.id)).toEqual(["e"]);
    expect(root?.units[0]?.units[0]?.depth).toBe(2);
  });

  it("stands on what is visible, and survives a cycle", () => {
    expect(buildTree([unit("x", "hidden")], [], []).map((n) => n.unit.id)).toEqual(["x"]);
    expect(buildTree([unit("x", "y"), unit("y", "x")], [], [])).toEqual([]);
    expect(pathOf([unit("x", "y"), unit("y", "x")], "x")).toHaveLength(2);
  });

  it("is searched by name and code, and keeps the way to what is found", () => {
    const tree = buildTree(units, sites, endpoints);
    const [root] = filterTree(tree, "前台");
    expect(root?.unit.id).toBe("a");
    expect(root?.units.map((n) => n.unit.id)).toEqual(["b"]);
    expect(filterTree(tree, "s1")).toHaveLength(1);
    expect(filterTree(tree, "没有")).toEqual([]);
    expect(filterTree(tree, " ")).toHaveLength(1);
  });

  it("says where a unit may go", () => {
    expect(possibleParents(units, "b").map((u) => u.id).sort()).toEqual(["a", "c"]);
    expect(pathOf(units, "d")).toEqual(["单位a", "单位b", "单位d"]);
  });
});

describe("roles", () => {
  it("of administrators stand alone", () => {
    expect(clash(["commander"], "system_admin")).toBe("commander");
    expect(clash(["audit_admin"], "security_admin")).toBe("audit_admin");
    expect(clash(["system_admin"], "staff")).toBe("system_admin");
    expect(clash(["system_admin"], "system_admin")).toBeUndefined();
    expect(clash(["commander", "expert"], "inspector")).toBeUndefined();
  });
});
