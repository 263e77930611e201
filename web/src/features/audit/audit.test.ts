// The audit's filters, words and details.

import { describe, expect, it } from "vitest";
import type { AuditAction } from "@/api/types";
import { actionGroups, actionWord } from "./actions";
import { fieldsOf } from "./detail";
import { auditFilter, readFilters, writeFilters } from "./filters";

describe("filters", () => {
  it("come back from the address, and ask the server in its words", () => {
    const filters = { actor: "陈志远", action: "session", result: "refused", to: "2026-11-24" };
    expect(readFilters(writeFilters(filters))).toEqual(filters);
    expect(auditFilter(filters)).toEqual({ actor: "陈志远", action: "session", result: "refused", to_ms: Date.UTC(2026, 10, 24, 16) });
    expect(auditFilter({ result: "maybe", from: "x" })).toEqual({});
  });
});

describe("words", () => {
  it("say known actions, and show others as they are", () => {
    expect(actionWord("session.open", "zh")).toBe("打开会话");
    expect(actionWord("new.thing" as AuditAction, "en")).toBe("new.thing");
  });

  it("offer each group as a whole before its actions", () => {
    for (const group of actionGroups("zh", (g) => `全部${g}`)) {
      expect(group.options.length).toBeGreaterThan(1);
      expect(group.options[0]?.value).not.toContain(".");
      for (const option of group.options.slice(1)) expect(option.value.startsWith(`${group.options[0]?.value}.`)).toBe(true);
    }
  });
});

describe("details", () => {
  it("are shown by field", () => {
    expect(fieldsOf('{"number":"HH1","audio":true,"none":null,"filter":{"q":"x"}}')).toEqual([
      ["number", "HH1"],
      ["audio", "true"],
      ["filter", '{\n  "q": "x"\n}'],
    ]);
    expect(fieldsOf("")).toEqual([]);
    expect(fieldsOf("{}")).toEqual([]);
    expect(fieldsOf("not json")).toEqual([["", "not json"]]);
  });
});
