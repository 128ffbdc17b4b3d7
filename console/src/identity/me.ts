import type { QueryClient } from "@tanstack/react-query";
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

/** After signing out: nothing of the operator stays in memory. `me` itself is set, not dropped: whoever watches it must see it go. */
export function forget(queries: QueryClient) {
  queries.setQueryData(["me"], null);
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
}
