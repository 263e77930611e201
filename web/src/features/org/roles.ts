// Which roles go together: the three administrators 三员 exclude each other and everyone else.

const ADMINISTRATORS: readonly string[] = ["system_admin", "security_admin", "audit_admin"];

/** The held role that stands in the way of the wanted one. */
export function clash(held: readonly string[], wanted: string): string | undefined {
  const administrator = ADMINISTRATORS.includes(wanted);
  return held.find((role) => role !== wanted && (administrator || ADMINISTRATORS.includes(role)));
}
