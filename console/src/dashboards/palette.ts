import type { DashboardPanel } from "../api/contract";

/** A colour that says a state; CSS variables of the theme, so that it is right in both schemes. */
export interface StateColor {
  text: string;
  soft: string;
  /** How bad it is, for people who do not see the colour. */
  word: string;
}

const colors: Record<string, StateColor> = {
  green: { text: "--qd-ok", soft: "--qd-ok-soft", word: "good" },
  yellow: { text: "--qd-warning", soft: "--qd-warning-soft", word: "attention" },
  orange: { text: "--qd-orange", soft: "--qd-orange-soft", word: "warning" },
  red: { text: "--qd-critical", soft: "--qd-critical-soft", word: "critical" },
  blue: { text: "--qd-sea", soft: "--qd-sea-soft", word: "" },
  purple: { text: "--qd-purple", soft: "--qd-purple-soft", word: "" },
  gray: { text: "--qd-quiet", soft: "--qd-quiet-soft", word: "" },
};
const plain: StateColor = { text: "--mantine-color-text", soft: "--qd-panel", word: "" };

export const colorNamed = (name: string | null | undefined): StateColor => (name && colors[name]) || plain;

/** How many hues series have before they repeat; red and green are kept for states. */
export const hues = 8;
export const hueOf = (index: number) => `--qd-series-${(index % hues) + 1}`;

/** What a panel says about a value: its colour by threshold or by name, and the word for it. */
export function judge(
  panel: Pick<DashboardPanel, "thresholds" | "values">,
  value: number | null,
): { color: StateColor; text: string | null } {
  if (value === null || Number.isNaN(value)) return { color: colorNamed("gray"), text: null };
  const named = panel.values.find((candidate) => Number(candidate.value) === value);
  if (named?.color) return { color: colorNamed(named.color), text: named.text };
  const reached = panel.thresholds.filter(({ from }) => from === null || value >= from).at(-1);
  return { color: colorNamed(reached?.color), text: named?.text ?? null };
}

/** A CSS variable's value now, for what is drawn on a canvas. */
export const ink = (variable: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(variable).trim() || "currentColor";
