// The words that the pages know are those of the written contract, none more and none less.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { enums } from "./contract.fixture";

/** The string unions that a file declares. */
function unions(path: string): Map<string, string[]> {
  const source = ts.createSourceFile(path, readFileSync(resolve(import.meta.dirname, path), "utf8"), ts.ScriptTarget.Latest);
  const found = new Map<string, string[]>();
  for (const statement of source.statements) {
    if (!ts.isTypeAliasDeclaration(statement)) continue;
    const parts = ts.isUnionTypeNode(statement.type) ? [...statement.type.types] : [statement.type];
    const words = parts.flatMap((part) => (ts.isLiteralTypeNode(part) && ts.isStringLiteral(part.literal) ? [part.literal.text] : []));
    if (words.length === parts.length) found.set(statement.name.text, words);
  }
  return found;
}

const known = unions("types.ts");

describe("words of the contract", () => {
  it.each(enums.filter(([name]) => known.has(name)))("%s", (name, words) => {
    expect([...(known.get(name) ?? [])].sort()).toEqual([...words].sort());
  });

  it("are all looked at but the names of clocks, which the desk has with one of its own", () => {
    const unknown = enums.map(([name]) => name).filter((name) => !known.has(name));
    expect(unknown).toEqual(["ClockName"]);
  });
});
