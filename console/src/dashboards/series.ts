import type { DashboardPanel } from "../api/contract";
import { get } from "../api/client";

/** One series of an answer: its labels, and its values at the times of the answer; null where it has none. */
export interface Line {
  name: string;
  labels: Record<string, string>;
  values: (number | null)[];
}

/** What a panel shows: series over times (seconds since 1970); one time where only the newest counts. */
export interface PanelData {
  times: number[];
  lines: Line[];
}

type Point = [number, string];
interface Answered {
  status: string;
  data:
    | { resultType: "matrix"; result: { metric: Record<string, string>; values: Point[] }[] }
    | { resultType: "vector"; result: { metric: Record<string, string>; value: Point }[] }
    | { resultType: "scalar"; result: Point };
}

/** From and to in seconds since 1970; `span` where the end is now and moves on. */
export interface TimeWindow {
  span: number | null;
  from: number;
  to: number;
}

const niceSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 604_800,
];

/** Seconds between two points: as few as `points` over the span, in steps that people think in. */
export function stepOf(span: number, points: number): number {
  const least = span / points;
  return niceSteps.find((step) => step >= least) ?? Math.ceil(least / 604_800) * 604_800;
}

/** Prometheus writes NaN and infinities as words. */
export function numberOf(text: string): number {
  if (text === "+Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  return Number(text);
}

const unsaid = new Set(["__name__", "pack", "alertstate"]);

/** `{{label}}` of a legend filled in; without a legend, what tells the series apart. */
export function nameOf(legend: string, labels: Record<string, string>, fallback: string): string {
  if (legend) {
    const filled = legend.replace(/\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g, (_, label: string) => labels[label] ?? "");
    return filled.replace(/\s+/g, " ").trim() || fallback;
  }
  const own = Object.entries(labels).filter(([label]) => !unsaid.has(label));
  return own.length === 0 ? fallback : own.map(([, value]) => value).join(" ");
}

/** Puts the points of a range answer onto the grid of its times. */
export function align(answer: Answered, start: number, end: number, step: number, legend: string, fallback: string): PanelData {
  const count = Math.floor((end - start) / step + 1e-9) + 1;
  const times = Array.from({ length: count }, (_, index) => start + index * step);
  const lines: Line[] = [];
  if (answer.data.resultType === "matrix") {
    for (const series of answer.data.result) {
      const values: (number | null)[] = new Array<number | null>(count).fill(null);
      for (const [at, text] of series.values) {
        const value = numberOf(text);
        const index = Math.round((at - start) / step);
        if (index >= 0 && index < count) values[index] = Number.isFinite(value) ? value : null;
      }
      lines.push({ name: nameOf(legend, series.metric, fallback), labels: series.metric, values });
    }
  }
  return { times, lines };
}

function newest(answer: Answered, legend: string, fallback: string): Line[] {
  const { data } = answer;
  if (data.resultType === "scalar") return [{ name: fallback, labels: {}, values: [numberOf(data.result[1])] }];
  if (data.resultType !== "vector") return [];
  return data.result.map((series) => ({
    name: nameOf(legend, series.metric, fallback),
    labels: series.metric,
    values: [numberOf(series.value[1])],
  }));
}

const asked = (source: string, verb: string, parameters: Record<string, string>) =>
  get<Answered>(`${source}/${verb}?${new URLSearchParams(parameters).toString()}`);

/** The times of a range's points, in seconds since 1970: whole steps, so that a point stays where it was when the window moves on. */
export function gridOf(from: number, to: number, live: boolean, points: number): { start: number; end: number; step: number } {
  const step = stepOf(to - from, points);
  const start = Math.ceil(from / step) * step;
  // The last step of a live window may lie ahead: its value is the newest there is, which a long step would hold back for minutes.
  const last = (live ? Math.ceil(to / step) : Math.floor(to / step)) * step;
  return { start, end: Math.max(start, last), step };
}

/** Asks all queries of a panel at once, at the same times. */
export async function ask(panel: DashboardPanel, source: string, window: TimeWindow, points: number): Promise<PanelData> {
  const now = Date.now() / 1000;
  const to = window.span === null ? window.to : now;
  const from = window.span === null ? window.from : now - window.span;
  const one = panel.queries.length === 1;
  if (!panel.overTime) {
    const answers = await Promise.all(
      panel.queries.map((query) => asked(source, "query", { query: query.query, time: to.toFixed(3) })),
    );
    return {
      times: [to],
      lines: answers.flatMap((answer, index) => {
        const { legend = "", query = "" } = panel.queries[index] ?? {};
        return newest(answer, legend, one ? panel.title : query);
      }),
    };
  }
  const { start, end, step } = gridOf(from, to, window.span !== null, points);
  const answers = await Promise.all(
    panel.queries.map((query) =>
      asked(source, "query_range", {
        query: query.query,
        start: String(start),
        end: String(end),
        step: String(step),
      }),
    ),
  );
  const grids = answers.map((answer, index): PanelData => {
    const { legend = "", query = "" } = panel.queries[index] ?? {};
    return align(answer, start, end, step, legend, one ? panel.title : query);
  });
  return { times: grids[0]?.times ?? [], lines: grids.flatMap((grid) => grid.lines) };
}

/** The newest value that a line has. */
export function last(line: Line): number | null {
  for (let index = line.values.length - 1; index >= 0; index--) {
    const value = line.values[index];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

/** Counts between the bounds of a cumulative histogram, lowest bound first. */
export function buckets(lines: Line[]): { bound: string; count: number }[] {
  const sorted = lines
    .map((line) => ({ bound: line.labels.le ?? line.name, at: numberOf(line.labels.le ?? "NaN"), total: last(line) ?? 0 }))
    .sort((a, b) => a.at - b.at);
  return sorted.map(({ bound, total }, index) => ({
    bound,
    count: Math.max(0, total - (sorted[index - 1]?.total ?? 0)),
  }));
}

/** Stretches of equal value, for a band of states. */
export function stretches(times: number[], values: (number | null)[]): { from: number; to: number; value: number | null }[] {
  const found: { from: number; to: number; value: number | null }[] = [];
  times.forEach((time, index) => {
    const value = values[index] ?? null;
    const current = found.at(-1);
    if (current?.value === value) current.to = time;
    else {
      if (current) current.to = time;
      found.push({ from: time, to: time, value });
    }
  });
  return found;
}
