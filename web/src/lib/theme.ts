// Dark by default, light by choice; kept for all tabs.

import { useSyncExternalStore } from "react";
import { keptForAll } from "./kept";
import { Store } from "./store";

export type Theme = "dark" | "light";

const kept = keptForAll("lianxian.theme");
const current = new Store<Theme>(kept.get() === "light" ? "light" : "dark");

export function setTheme(theme: Theme): void {
  kept.set(theme);
  document.documentElement.dataset.theme = theme;
  current.set(theme);
}

export const useTheme = (): Theme => useSyncExternalStore(current.subscribe, current.getSnapshot);
