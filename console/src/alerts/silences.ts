import type { Alert } from "../api/contract";

/** A matcher, as Alertmanager's API has it. */
export interface Matcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

/** A silence, as Alertmanager's API has it; `/api/v2` is Alertmanager's own and in no OpenAPI document of ours. */
export interface Silence {
  id: string;
  status: { state: "active" | "pending" | "expired" };
  comment: string;
  createdBy: string;
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  matchers: Matcher[];
}

export const operators = ["=", "!=", "=~", "!~"] as const;
export type Operator = (typeof operators)[number];

export const operatorOf = ({ isEqual, isRegex }: Pick<Matcher, "isEqual" | "isRegex">): Operator =>
  isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
export const matcherOf = (name: string, operator: Operator, value: string): Matcher => ({
  name,
  value,
  isRegex: operator.endsWith("~"),
  isEqual: !operator.startsWith("!"),
});
export const textOf = (matcher: Matcher) => `${matcher.name}${operatorOf(matcher)}"${matcher.value}"`;

/** The labels by which the server routes and mutes an alert: its own, and its pack. */
export const routedLabels = (alert: Pick<Alert, "labels" | "pack" | "name">): Record<string, string> => ({
  pack: alert.pack,
  alertname: alert.name,
  ...alert.labels,
});

/** Whether a matcher holds for labels; a pattern must match the whole value. A pattern that is none holds for nothing. */
export function holds(matcher: Matcher, labels: Record<string, string>): boolean {
  const value = labels[matcher.name] ?? "";
  if (!matcher.isRegex) return (value === matcher.value) === matcher.isEqual;
  try {
    return new RegExp(`^(?:${matcher.value})$`, "s").test(value) === matcher.isEqual;
  } catch {
    return false;
  }
}

export const mutes = (matchers: Matcher[], alert: Pick<Alert, "labels" | "pack" | "name">) =>
  matchers.length > 0 && matchers.every((matcher) => holds(matcher, routedLabels(alert)));

/** The active silence that mutes an alert for longest; null where none does. */
export function silenceOf(alert: Pick<Alert, "labels" | "pack" | "name">, silences: Silence[]): Silence | null {
  return (
    silences
      .filter((silence) => silence.status.state === "active" && mutes(silence.matchers, alert))
      .sort((a, b) => b.endsAt.localeCompare(a.endsAt))[0] ?? null
  );
}

/** What names an alert most plainly, first; severity is left out, since an alert may get worse. */
export function matchersFor(alert: Pick<Alert, "labels" | "pack" | "name">): Matcher[] {
  const labels = routedLabels(alert);
  const first = ["alertname", "pack"];
  return [...first, ...Object.keys(labels).filter((name) => !first.includes(name) && name !== "severity")]
    .filter((name) => labels[name])
    .map((name) => matcherOf(name, "=", labels[name] ?? ""));
}

/** Why a silence cannot be set as it stands; null where it can. */
export function refusal(matchers: Matcher[], from: Date, to: Date, now: Date): string | null {
  if (matchers.length === 0) return "Add a matcher: a silence without one would mute everything.";
  const nameless = matchers.find((matcher) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(matcher.name));
  if (nameless) return `"${nameless.name}" is not the name of a label.`;
  if (matchers.every((matcher) => holds(matcher, {})))
    return "These matchers also hold for alerts that have none of the labels; name one that must be there.";
  if (Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())) return "Choose when it begins and ends.";
  if (to <= from) return "It must end after it begins.";
  if (to <= now) return "Its end has passed already.";
  return null;
}
