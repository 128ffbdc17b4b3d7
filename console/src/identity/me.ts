import { createContext, useContext } from "react";
import type { Me } from "../api/contract";

export const MeContext = createContext<Me | null>(null);

/** The signed-in operator; pages inside the shell always have one. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("no operator is signed in");
  return me;
}

/** Whether to offer an action; the server decides again when it is asked. */
export const useMay = (permission: string) => useMe().operator.permissions.includes(permission);
