// The detail of an audit event: a JSON object as text, to be read by people.

/** Its fields, nested ones as indented JSON; a detail that is no object is shown whole. */
export function fieldsOf(detail: string): [name: string, value: string][] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(detail);
  } catch {
    return detail === "" ? [] : [["", detail]];
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return [["", detail]];
  return Object.entries(parsed)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value, null, 2) : String(value)]);
}
