import type { Plan } from "../api/contract";

const grave = new Set(["unpause", "funds"]);

/** The name that the approver must type, for what frees funds or moves them; null where a signature is enough. */
export function confirmation(plan: Pick<Plan, "policy" | "calls"> & Partial<Pick<Plan, "actions">>): string | null {
  const call =
    plan.calls.find((candidate) => grave.has(candidate.class)) ??
    (plan.policy.typeTargetName ? plan.calls[0] : undefined);
  return call?.targetName ?? (plan.policy.typeTargetName ? (plan.actions?.[0]?.target ?? null) : null);
}
