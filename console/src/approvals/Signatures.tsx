import { Group, Stack, Text } from "@mantine/core";
import { IconCircleCheckFilled, IconCircleDashed } from "@tabler/icons-react";
import type { Plan } from "../api/contract";
import { person } from "../kit/format";
import { Clock } from "../kit/Time";

/** Who signed, and the places still empty. */
export function Signatures({
  plan,
}: {
  plan: Pick<Plan, "policy" | "approvals" | "state"> & { reason: string | null };
}) {
  const { policy, approvals } = plan;
  const missing = Math.max(0, policy.required - approvals.length);
  return (
    <Stack gap="xs">
      <Text size="sm">
        Policy <strong>{policy.name}</strong>: {policy.required} of role {policy.roles.join(" or ")}.{" "}
        {policy.requesterCounts ? "The requester counts." : "The requester does not count."}
      </Text>
      <Stack component="ul" gap={6} m={0} p={0} style={{ listStyle: "none" }} aria-live="polite">
        {approvals.map((approval) => (
          <Group component="li" key={approval.operator} gap={8}>
            <IconCircleCheckFilled size={18} color="var(--qd-ok)" aria-hidden />
            <Text fw={600}>{person(approval.operator)}</Text>
            <Text size="sm" c="dimmed">
              signed by {approval.kind}, <Clock at={approval.at} />
            </Text>
          </Group>
        ))}
        {plan.state === "pending" &&
          Array.from({ length: missing }, (_, place) => approvals.length + place + 1).map((place) => (
            <Group component="li" key={place} gap={8}>
              <IconCircleDashed size={18} color="var(--qd-quiet)" aria-hidden />
              <Text c="dimmed">Approval {place} is missing</Text>
            </Group>
          ))}
      </Stack>
      {plan.reason && <Text size="sm">Reason: {plan.reason}</Text>}
    </Stack>
  );
}
