import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { overview } from "../api/queries";

/** Says to screen readers which alerts began or ceased to fire. */
export function Announcer() {
  const { data } = useQuery(overview);
  const known = useRef<Map<string, string> | null>(null);
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!data) return;
    const firing = new Map(data.firing.map((alert) => [alert.id, `${alert.name}, severity ${alert.severity}`]));
    const before = known.current;
    known.current = firing;
    if (!before) return;
    const began = [...firing].filter(([id]) => !before.has(id)).map(([, text]) => `Alert firing: ${text}.`);
    const ceased = [...before].filter(([id]) => !firing.has(id)).map(([, text]) => `No longer firing: ${text}.`);
    if (began.length + ceased.length > 0) setSaid([...began, ...ceased].join(" "));
  }, [data]);
  return (
    <div className="qd-visually-hidden" aria-live="assertive" role="alert">
      {said}
    </div>
  );
}
