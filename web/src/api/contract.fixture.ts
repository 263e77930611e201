// The written contract of the REST interface, for tests.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

interface Schema {
  enum?: string[];
  description?: string;
}

const contract = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../docs/reference/openapi.json"), "utf8")) as { components: { schemas: Record<string, Schema> } };

/** Name, words, and what is said of them. */
export const enums = Object.entries(contract.components.schemas).flatMap(([name, schema]) => (schema.enum ? [[name, schema.enum, schema.description ?? ""] as const] : []));

/** The words of an enum, each in Chinese and in English. */
export function saidOf(name: string): Record<string, [zh: string, en: string]> {
  const [, , told = ""] = enums.find(([known]) => known === name) ?? [];
  return Object.fromEntries([...told.matchAll(/`([^`]+)` ([^,]+), ([^;]+)/g)].map(([, word = "", zh = "", en = ""]) => [word, [zh, en]]));
}
