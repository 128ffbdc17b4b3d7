import { Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBellOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Alert } from "../api/contract";
import { silences } from "../api/queries";
import { useMay } from "../identity/me";
import { SeverityChip, StateChip } from "../kit/Chip";
import { group, shortNumber } from "../kit/format";
import { Ago, Clock } from "../kit/Time";
import { SilenceDialog } from "./SilenceDialog";
import { matchersFor, silenceOf } from "./silences";

/** One alert: how bad, what, since when, and the value against its rule. */
export function AlertRow({ alert }: { alert: Alert }) {
  const since = alert.resolvedAt ?? alert.firedAt ?? alert.activeAt;
  const active = alert.state === "firing" || alert.state === "pending";
  const { data } = useQuery(silences);
  const silence = active ? silenceOf(alert, data ?? []) : null;
  return (
    <div className="qd-row">
      <Group gap="xs" justify="space-between" align="flex-start">
        <Group gap="xs">
          <SeverityChip severity={alert.severity} />
          <Text fw={600}>{alert.name}</Text>
          {alert.state !== "firing" && <StateChip state={alert.state} />}
          {silence && <StateChip state="silenced" />}
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
      <Group gap="xs" justify="space-between" align="flex-end" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <AlertEvidence alert={alert} />
          {silence && (
            <Text size="sm" c="dimmed" mt={2}>
              Silenced by {silence.createdBy} until <Clock at={silence.endsAt} />: {silence.comment}
            </Text>
          )}
        </div>
        {active && !silence && <SilenceThis alert={alert} />}
      </Group>
    </div>
  );
}

function SilenceThis({ alert }: { alert: Alert }) {
  const [opened, { open, close }] = useDisclosure(false);
  if (!useMay("alerts.silence")) return null;
  return (
    <>
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        style={{ flex: "none" }}
        leftSection={<IconBellOff size={14} aria-hidden />}
        onClick={open}
        aria-label={`Silence ${alert.name}`}
      >
        Silence
      </Button>
      {opened && <SilenceDialog matchers={matchersFor(alert)} close={close} />}
    </>
  );
}

export function AlertEvidence({ alert }: { alert: Alert }) {
  const labels = Object.entries(alert.labels).filter(([name]) => name !== "alertname" && name !== "severity");
  if (!alert.expression && alert.value === null && labels.length === 0) return null;
  return (
    <Text size="xs" c="dimmed" mt={4} className="qd-mono">
      {alert.value !== null && (
        <span style={{ color: "var(--mantine-color-text)", fontWeight: 500 }} title={alert.value}>value {shortNumber(alert.value)}</span>
      )}
      {alert.expression && <span>{`${alert.value === null ? "" : "  ·  "}rule ${alert.expression}`}</span>}
      {labels.length > 0 && <span>{`  ·  ${labels.map(([name, value]) => `${name}="${value}"`).join(" ")}`}</span>}
    </Text>
  );
}
