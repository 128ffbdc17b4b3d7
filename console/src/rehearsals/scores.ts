import type { Rehearsal } from "../api/contract";
import type { PanelData } from "../dashboards/series";

export const phases = ["detected", "decided", "contained", "restored"] as const;
export type Phase = (typeof phases)[number];

/** Stretches from one phase to the next, in milliseconds; a phase that did not come about has none. */
export function stretchesOf(milliseconds: Rehearsal["milliseconds"]): { phase: Phase; from: number; to: number }[] {
  let from = 0;
  const found: { phase: Phase; from: number; to: number }[] = [];
  for (const phase of phases) {
    const to = milliseconds[phase];
    if (to === null) continue;
    found.push({ phase, from, to: Math.max(from, to) });
    from = Math.max(from, to);
  }
  return found;
}

/** The times of rehearsals as lines in seconds, oldest first. */
export function linesOf(rehearsals: Rehearsal[]): PanelData {
  const ordered = [...rehearsals].sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  return {
    times: ordered.map((rehearsal) => Date.parse(rehearsal.startedAt) / 1000),
    lines: phases
      .map((phase) => ({
        name: phase,
        labels: {},
        values: ordered.map(({ milliseconds }) => (milliseconds[phase] === null ? null : milliseconds[phase] / 1000)),
      }))
      .filter((line) => line.values.some((value) => value !== null)),
  };
}

export const keyOf = (item: { pack: string; runbook: string | null }) => `${item.pack}/${item.runbook ?? ""}`;
