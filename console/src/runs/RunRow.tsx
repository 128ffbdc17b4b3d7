import { Group, Text } from "@mantine/core";
import { Link } from "react-router";
import type { RunSummary } from "../api/contract";
import { StateChip } from "../kit/Chip";
import { person } from "../kit/format";
import { Ago } from "../kit/Time";
import { StepBar } from "./StepBar";

export function RunRow({ run }: { run: RunSummary }) {
  return (
    <Link to={`/runs/${run.id}`} className="qd-row">
      <Group justify="space-between" gap="xs">
        <Text fw={600}>{run.title}</Text>
        <StateChip state={run.state} />
      </Group>
      <Group justify="space-between" gap="xs" mt={4}>
        <Text size="sm" c="dimmed">
          {run.pack} · proposed by {person(run.proposedBy)} <Ago at={run.createdAt} />
        </Text>
        <StepBar done={run.stepsDone} total={run.stepsTotal} />
      </Group>
    </Link>
  );
}
