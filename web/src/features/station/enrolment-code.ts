// The enrolment code as people read it out and type it: eight digits, shown as 1234-5678.

const DIGITS = 8;

/** What was typed or pasted, as it is shown: full-width digits count, everything else is dropped. */
export function formatCode(typed: string): string {
  const digits = typed.normalize("NFKC").replace(/\D/g, "").slice(0, DIGITS);
  return digits.length > 4 ? `${digits.slice(0, 4)}-${digits.slice(4)}` : digits;
}

export function isWhole(code: string): boolean {
  return code.replace(/\D/g, "").length === DIGITS;
}
