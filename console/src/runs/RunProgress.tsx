import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { RunSummary } from "../api/contract";
import { run } from "../api/queries";
import { StateChip } from "../kit/Chip";
import { Panel } from "../kit/Panel";
import { StepBar } from "./StepBar";
import { StepList } from "./StepList";

/** A run inside its incident: the same live steps as on its own page. */
export function RunProgress({ run: summary }: { run: RunSummary }) {
  const { data } = useQuery(run(summary.id));
  const current = data ?? summary;
  return (
    <Panel
      title={`Run: ${summary.title}`}
      flush
      aside={
        <Group gap="sm">
          <StepBar done={current.stepsDone} total={current.stepsTotal} width={90} />
          <StateChip state={current.state} />
        </Group>
      }
    >
      {data && <StepList run={data} compact />}
      <Text size="sm" p="md" pt="xs">
        <Link to={`/runs/${summary.id}`}>Open the run</Link>
      </Text>
    </Panel>
  );
}
