// Puts a room's own figures into the bar at the top.

import { useSyncExternalStore, type ReactNode } from "react";
import { createPortal } from "react-dom";

const never = () => () => undefined;

export function BarSlot({ children }: { children: ReactNode }) {
  // The bar is mounted before any room is, and stays.
  const slot = useSyncExternalStore(never, () => document.getElementById("bar-slot"));
  return slot && createPortal(children, slot);
}
