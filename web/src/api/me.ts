// Who is logged in here, for every room inside the login gate.

import { createContext, useContext } from "react";
import type { Me, Right } from "./types";

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("useMe outside the login gate");
  return me;
}

export function holdsAny(me: Me, rights: readonly Right[]): boolean {
  return rights.length === 0 || rights.some((right) => me.rights.includes(right));
}
