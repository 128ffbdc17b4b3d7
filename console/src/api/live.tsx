import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react";

export type Connection = "connecting" | "live" | "lost";
const ConnectionContext = createContext<Connection>("connecting");
export const useConnection = () => useContext(ConnectionContext);

/** Which cached queries a topic of the stream makes stale. */
export const staleBy: Record<string, string[]> = {
  blocks: ["overview"],
  samples: ["overview"],
  alerts: ["alerts", "overview", "incidents"],
  incidents: ["incidents", "overview"],
  runs: ["runs", "incidents", "overview", "plans"],
  plans: ["plans", "runs", "incidents", "overview", "standing", "break-glass"],
  transactions: ["runs", "plans"],
  notifications: ["notifications", "silences"],
  audit: ["audit", "rehearsals"],
  operators: ["operators", "sessions", "me"],
};

/** The connection is called lost when neither a change nor the server's heartbeat (15 s) came for this long. */
const silence = 40_000;

/** Listens to the server's stream and refreshes what it names; a lost connection costs freshness, never correctness. */
export function LiveUpdates({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");
  const lost = useRef(false);

  useEffect(() => {
    let source: EventSource | null = null;
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let closed = false;

    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(reconnect, silence);
      setConnection("live");
      if (lost.current) {
        lost.current = false;
        void queries.invalidateQueries();
      }
    };
    const reconnect = () => {
      source?.close();
      lost.current = true;
      if (closed) return;
      setConnection("lost");
      clearTimeout(retry);
      retry = setTimeout(open, 2_000);
    };
    const open = () => {
      if (closed) return;
      source = new EventSource("/api/stream");
      source.onopen = alive;
      source.onerror = reconnect;
      source.addEventListener("ping", alive);
      source.addEventListener("changed", (event) => {
        alive();
        const { topics } = JSON.parse((event as MessageEvent<string>).data) as { topics: string[] };
        for (const key of new Set(topics.flatMap((topic) => staleBy[topic] ?? [topic]))) {
          void queries.invalidateQueries({ queryKey: [key] });
        }
      });
    };
    open();
    return () => {
      closed = true;
      clearTimeout(watchdog);
      clearTimeout(retry);
      source?.close();
    };
  }, [queries]);

  return <ConnectionContext value={connection}>{children}</ConnectionContext>;
}
