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
  const [only] = ordered;
  // One alone gets an hour around it: a chart of a single moment has no width.
  const around = ordered.length === 1 && only ? Date.parse(only.startedAt) / 1000 : null;
  const frame = <T>(items: T[], edges: [T, T]) => (around === null ? items : [edges[0], ...items, edges[1]]);
  return {
    times: frame(ordered.map((rehearsal) => Date.parse(rehearsal.startedAt) / 1000), [(around ?? 0) - 1800, (around ?? 0) + 1800]),
    // All four, so that each phase has the same colour in every chart.
    lines: phases.map((phase) => ({
      name: phase,
      labels: {},
      values: frame(
        ordered.map(({ milliseconds }) => (milliseconds[phase] === null ? null : milliseconds[phase] / 1000)),
        [null, null],
      ),
    })),
  };
}

export const keyOf = (item: { pack: string; runbook: string | null }) => `${item.pack}/${item.runbook ?? ""}`;
