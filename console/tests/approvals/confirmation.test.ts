import { expect, it } from "vitest";
import type { Plan, PlanCall } from "../../src/api/contract";
import { confirmation } from "../../src/approvals/confirmation";

const plan = (classes: string[], typeTargetName = false) =>
  ({
    policy: { name: "p", required: 2, roles: ["approver"], requesterCounts: false, breakGlass: [], typeTargetName },
    calls: classes.map((kind, index) => ({ targetName: `Target${index}`, class: kind }) as PlanCall),
  }) satisfies Pick<Plan, "policy" | "calls">;

it("asks for no typing where contracts are only paused", () => {
  expect(confirmation(plan(["pause", "pause"]))).toBeNull();
});

it("asks for the target's name where contracts are unpaused or funds move, and names that call", () => {
  expect(confirmation(plan(["pause", "unpause"]))).toBe("Target1");
  expect(confirmation(plan(["funds"]))).toBe("Target0");
});

it("asks for it where the policy says so", () => {
  expect(confirmation(plan(["parameter"], true))).toBe("Target0");
});
