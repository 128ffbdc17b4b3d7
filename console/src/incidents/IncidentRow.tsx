import { Group, Text } from "@mantine/core";
import { Link } from "react-router";
import type { IncidentSummary } from "../api/contract";
import { SeverityChip, StateChip } from "../kit/Chip";
import { Ago } from "../kit/Time";

export function IncidentRow({ incident }: { incident: IncidentSummary }) {
  return (
    <Link to={`/incidents/${incident.id}`} className="qd-row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <Group gap="xs">
          <SeverityChip severity={incident.severity} />
          <Text fw={600}>{incident.title}</Text>
        </Group>
        <StateChip state={incident.state} />
      </Group>
      <Text size="sm" c="dimmed" mt={4}>
        {incident.pack} · opened <Ago at={incident.openedAt} /> · <span className="qd-mono">{incident.id}</span>
      </Text>
    </Link>
  );
}
