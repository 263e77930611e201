// Small things that the browser keeps: for all tabs (local) or for this one (tab). A browser that refuses storage forgets, and nothing else.

function area(kind: "local" | "tab"): Storage | null {
  try {
    return kind === "local" ? window.localStorage : window.sessionStorage;
  } catch {
    return null;
  }
}

export interface Kept {
  get(): string | null;
  /** Whether the browser keeps it. */
  set(value: string | null): boolean;
}

function kept(kind: "local" | "tab", key: string): Kept {
  return {
    get() {
      try {
        return area(kind)?.getItem(key) ?? null;
      } catch {
        return null;
      }
    },
    set(value) {
      try {
        if (value === null) area(kind)?.removeItem(key);
        else area(kind)?.setItem(key, value);
        return area(kind) !== null;
      } catch {
        // Full or forbidden: for most it is only a convenience.
        return false;
      }
    },
  };
}

export const keptHere = (key: string) => kept("tab", key);
export const keptForAll = (key: string) => kept("local", key);

/** This tab's mark: a reload keeps it, another tab has its own. */
export function tabId(): string {
  const mark = keptHere("lianxian.tab");
  const known = mark.get();
  if (known) return known;
  const made = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  mark.set(made);
  return made;
}
