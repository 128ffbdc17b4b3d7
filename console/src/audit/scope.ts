/** What is exported; dates as a date field gives them, in the time of this device. */
export interface ExportScope {
  from: string;
  to: string;
  protocol: string;
  incident: string;
  operator: string;
}

const instant = (date: string) => new Date(`${date}T00:00:00`).toISOString();

export function exportPath(scope: ExportScope): string {
  const query = new URLSearchParams();
  if (scope.from) query.set("from", instant(scope.from));
  if (scope.to) query.set("to", instant(scope.to));
  for (const name of ["protocol", "incident", "operator"] as const) if (scope[name]) query.set(name, scope[name]);
  const text = query.toString();
  return `/api/audit/export${text ? `?${text}` : ""}`;
}

/** Where a subject of an entry can be looked at in the console; null where nowhere. */
export function placeOf(subject: string): string | null {
  if (/^(0x)?[0-9a-f]{64}$/i.test(subject)) return `/plans/${subject}`;
  if (subject.startsWith("run_")) return `/runs/${subject}`;
  if (subject.startsWith("inc_")) return `/incidents/${subject}`;
  return null;
}
