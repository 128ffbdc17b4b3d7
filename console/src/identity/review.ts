import type { AccessReview } from "../api/contract";

const cell = (value: string | number | null) => {
  const text = String(value ?? "");
  // A spreadsheet would run what begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** The access review as CSV, for who files it. */
export function csvOf(review: AccessReview): string {
  const head = [
    "id", "name", "roles", "created", "last seen", "expires", "removed", "removed by", "credentials", "sessions", "tokens",
    "approvals", "requested by", "approved by", "justification", "remarks",
  ];
  const rows = review.operators.map((row) => [
    row.id, row.name, row.roles.join(" "), row.createdAt, row.lastSeenAt, row.expiresAt, row.removedAt, row.removedBy,
    row.credentials, row.sessions, row.tokens, row.approvals, row.requestedBy, row.approvedBy, row.justification,
    row.remarks.join("; "),
  ]);
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
