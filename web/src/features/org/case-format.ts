// Whether a case number's format takes its example, told while it is typed. Only a hint: the server checks with its own engine when it is
// saved. Pure.

/** As the server reads a number: one spelling for brackets, dashes, widths and leading zeros. */
export function normalise(raw: string): string {
  const folded = raw
    .normalize("NFKC")
    .replace(/[[〔【{〈《(]/g, "(")
    .replace(/[\]〕】}〉》)]/g, ")")
    .replace(/[—–‐‑−_]/g, "-")
    .replace(/[\s\u0000-\u001f\u007f-\u009f]/g, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase());
  return folded.replace(/0+(?=\d+号$)/, (zeros, at: number) => (/\d/.test(folded[at - 1] ?? "") ? zeros : ""));
}

export type Fit = "fits" | "unlike" | "untold";

/** `untold`: a format that this browser cannot read; the server may. */
export function fitOf(pattern: string, example: string): Fit {
  try {
    // The server's engine names a script by itself.
    const read = pattern.replace(/\\([pP])\{Han\}/g, "\\$1{Script=Han}");
    return new RegExp(`^(?:${read})$`, "u").test(normalise(example)) ? "fits" : "unlike";
  } catch {
    return "untold";
  }
}
