import type { Standing } from "../api/contract";

/** State of a standing approval as a chip: the one in force is the one to notice. */
export function standingChip(grant: Pick<Standing, "state" | "approvals" | "policy">): { state: string; text: string } {
  switch (grant.state) {
    case "pending":
      return { state: "awaiting_approval", text: `${grant.approvals.length} of ${grant.policy.required} signed` };
    case "active":
      return { state: "approved", text: "In force" };
    case "exhausted":
      return { state: "skipped", text: "Used up" };
    case "revoked":
      return { state: "aborted", text: "Revoked" };
    default:
      return { state: grant.state, text: grant.state === "expired" ? "Expired" : "Void" };
  }
}
