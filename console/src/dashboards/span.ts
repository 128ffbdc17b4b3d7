import { useSearchParams } from "react-router";
import type { TimeWindow } from "./series";

export const spans: { seconds: number; label: string }[] = [
  { seconds: 900, label: "15 min" },
  { seconds: 3_600, label: "1 h" },
  { seconds: 21_600, label: "6 h" },
  { seconds: 86_400, label: "24 h" },
  { seconds: 604_800, label: "7 d" },
  { seconds: 2_592_000, label: "30 d" },
];

/** What a board shows first: its own span, or of those below it the shortest that holds every sample there is. */
export function firstSpan(own: number, samplesSince: string | null | undefined, now: number): number {
  if (!samplesSince) return own;
  const age = now - Date.parse(samplesSince) / 1000;
  return spans.find(({ seconds }) => seconds < own && seconds >= age)?.seconds ?? own;
}

/** The window of time in the address, so that it can be sent to someone: `?span=3600`, or `?from=…&to=…`. */
export function windowOf(search: URLSearchParams, fallback: number): TimeWindow {
  const from = Number(search.get("from"));
  const to = Number(search.get("to"));
  if (from > 0 && to > from) return { span: null, from, to };
  const span = Number(search.get("span"));
  return { span: span > 0 ? span : fallback, from: 0, to: 0 };
}

export function useTimeWindow(fallback: number) {
  const [search, setSearch] = useSearchParams();
  return {
    window: windowOf(search, fallback),
    show: (span: number) => setSearch({ span: String(span) }, { replace: true }),
    between: (from: number, to: number) =>
      setSearch({ from: String(Math.floor(from)), to: String(Math.ceil(to)) }),
    live: () => setSearch({}, { replace: true }),
  };
}
