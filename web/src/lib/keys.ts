// Keys of a room: single keys, never while someone types, never a key that the browser or the focused element owns.

import { useEffect, useRef } from "react";

export type KeyMap = { [key: string]: (event: KeyboardEvent) => void };

const TYPED_IN = "textarea, select, input:not([type=checkbox], [type=radio])";
const MOVED_IN = "input, [role=menuitem], [role=option], [role=tab]";
const PRESSED = "button, a[href], summary, [role=button], [role=link]";
const MOVES_ON = /^(Arrow.*|j|k)$/;

/** Where Tab brought the focus: whoever went there means it with Enter. Where a pointer pressed before, Enter stays the room's. */
let tabbedTo: EventTarget | null = null;
const noteTab = (event: KeyboardEvent) => {
  if (event.key === "Tab") tabbedTo = event.target;
};

/** The key is the focused element's own. */
function isTheirs(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches(TYPED_IN)) return true;
  const presses = key === "Enter" || key === " ";
  if (presses && target === tabbedTo && target.matches(PRESSED)) return true;
  return (presses || key.startsWith("Arrow")) && target.matches(MOVED_IN);
}

/** A closed dialog may stay in the page, out of sight. */
function dialogIsOpen(): boolean {
  return [...document.querySelectorAll('[role="dialog"][aria-modal="true"]')].some((dialog) => dialog.checkVisibility());
}

/** `map` is by `KeyboardEvent.key`, letters in lower case. An open dialog keeps all keys for itself. */
export function useKeys(map: KeyMap, active = true): void {
  const latest = useRef(map);
  useEffect(() => {
    latest.current = map;
  });
  useEffect(() => {
    if (!active) return;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      // A key that is held down acts once, unless it moves something on.
      if ((event.repeat && !MOVES_ON.test(key)) || isTheirs(event.target, key) || dialogIsOpen()) return;
      const act = latest.current[key];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    window.addEventListener("keydown", press);
    window.addEventListener("keyup", noteTab);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener("keyup", noteTab);
    };
  }, [active]);
}
