// A list that one comes back to stands where it stood.

import { useEffect, useRef } from "react";

const places = new Map<string, number>();
const MOST = 50;

function scroller(): Element | null {
  return document.querySelector("main");
}

/** `ready`: the rows are there, so that there is something to scroll. */
export function useKeptScroll(key: string, ready: boolean): void {
  const restored = useRef<string | null>(null);
  useEffect(() => {
    const element = scroller();
    if (!element || !ready) return;
    if (restored.current !== key) {
      restored.current = key;
      const place = places.get(key);
      if (place !== undefined) element.scrollTop = place;
    }
    const keep = () => {
      places.delete(key);
      places.set(key, element.scrollTop);
      const oldest = places.size > MOST ? places.keys().next().value : undefined;
      if (oldest !== undefined) places.delete(oldest);
    };
    element.addEventListener("scroll", keep, { passive: true });
    return () => element.removeEventListener("scroll", keep);
  }, [key, ready]);
}
