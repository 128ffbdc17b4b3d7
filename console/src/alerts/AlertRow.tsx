import { Group, Text } from "@mantine/core";
import type { Alert } from "../api/contract";
import { SeverityChip, StateChip } from "../kit/Chip";
import { group } from "../kit/format";
import { Ago } from "../kit/Time";

/** One alert: how bad, what, since when, and the value against its rule. */
export function AlertRow({ alert }: { alert: Alert }) {
  const since = alert.resolvedAt ?? alert.firedAt ?? alert.activeAt;
  return (
    <div className="qd-row">
      <Group gap="xs" justify="space-between" align="flex-start">
        <Group gap="xs">
          <SeverityChip severity={alert.severity} />
          <Text fw={600}>{alert.name}</Text>
          {alert.state !== "firing" && <StateChip state={alert.state} />}
        </Group>
        <Text size="sm" c="dimmed">
          {since && <Ago at={since} />}
          {alert.block !== null && ` · block ${group(alert.block)}`}
        </Text>
      </Group>
      {alert.annotations.summary && (
        <Text size="sm" mt={4}>
          {alert.annotations.summary}
        </Text>
      )}
      <AlertEvidence alert={alert} />
    </div>
  );
}

export function AlertEvidence({ alert }: { alert: Alert }) {
  const labels = Object.entries(alert.labels).filter(([name]) => name !== "alertname" && name !== "severity");
  if (!alert.expression && alert.value === null && labels.length === 0) return null;
  return (
    <Text size="xs" c="dimmed" mt={4} className="qd-mono">
      {alert.value !== null && (
        <span style={{ color: "var(--mantine-color-text)", fontWeight: 500 }}>value {alert.value}</span>
      )}
      {alert.expression && <span>{`${alert.value === null ? "" : "  ·  "}rule ${alert.expression}`}</span>}
      {labels.length > 0 && <span>{`  ·  ${labels.map(([name, value]) => `${name}="${value}"`).join(" ")}`}</span>}
    </Text>
  );
}
