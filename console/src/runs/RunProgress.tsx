import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { RunSummary } from "../api/contract";
import { run } from "../api/queries";
import { StateChip } from "../kit/Chip";
import { Panel } from "../kit/Panel";
import { StepBar } from "./StepBar";
import { isOver } from "./states";
import { StepList } from "./StepList";

/** A run inside its incident: the same live steps as on its own page, folded away once it is over. */
export function RunProgress({ run: summary }: { run: RunSummary }) {
  const { data } = useQuery(run(summary.id));
  const current = data ?? summary;
  const [steps, setSteps] = useState(!isOver(summary.state));
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
      {data && steps && <StepList run={data} compact />}
      <Group gap="md" p="md" py={10}>
        <Link to={`/runs/${summary.id}`} style={{ fontSize: "0.8125rem" }}>
          Open the run
        </Link>
        <Button size="compact-xs" variant="default" aria-expanded={steps} onClick={() => setSteps(!steps)}>
          {steps ? "Hide its steps" : "Show its steps"}
        </Button>
      </Group>
    </Panel>
  );
}
