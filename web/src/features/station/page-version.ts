// Whether the server has a newer console than the one that this page runs: a kiosk is never reloaded by hand.

/** The address of the entry script that a page names. */
export function entryOf(html: string): string | null {
  const script = /<script\b[^>]*\btype="module"[^>]*>/.exec(html)?.[0];
  return (script && /\bsrc="([^"]+)"/.exec(script)?.[1]) ?? null;
}

/** True when the server's page names another script than the running one; false when it cannot be told. */
export async function isOutdated(): Promise<boolean> {
  const running = document.querySelector('script[type="module"][src]')?.getAttribute("src");
  try {
    const response = await fetch(window.location.pathname, { cache: "no-store", headers: { accept: "text/html" } });
    const entry = response.ok ? entryOf(await response.text()) : null;
    return entry !== null && running != null && entry !== running;
  } catch {
    return false;
  }
}
