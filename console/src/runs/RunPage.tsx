import { Alert, Button, Grid, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle, IconPlayerPause, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { post } from "../api/client";
import type { Run } from "../api/contract";
import { run } from "../api/queries";
import { useMay } from "../identity/me";
import { Answer } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { person } from "../kit/format";
import { Hash } from "../kit/Hash";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { ReasonDialog } from "../kit/ReasonDialog";
import { Ago, Clock } from "../kit/Time";
import { NextActions } from "./NextActions";
import { StepBar } from "./StepBar";
import { StepList } from "./StepList";
import { isOver } from "./states";

export function RunPage() {
  const { id = "" } = useParams();
  const answer = useQuery(run(id));
  return <Answer of={answer}>{(data) => <Loaded data={data} />}</Answer>;
}

function Loaded({ data }: { data: Run }) {
  const queries = useQueryClient();
  const [aborting, abort] = useDisclosure(false);
  const [holding, hold] = useDisclosure(false);
  const mayOperate = useMay("runs.operate");
  return (
    <Page
      title={data.title}
      chips={<StateChip state={data.state} />}
      lead={
        <>
          Proposed by {person(data.proposedBy)} <Ago at={data.createdAt} /> · <span className="qd-mono">{data.id}</span>
        </>
      }
      actions={
        mayOperate &&
        !isOver(data.state) && (
          <>
            {data.state === "paused" ? (
              <Button leftSection={<IconPlayerPlay size={16} aria-hidden />} onClick={hold.open}>
                Resume
              </Button>
            ) : (
              <Button variant="default" leftSection={<IconPlayerPause size={16} aria-hidden />} onClick={hold.open}>
                Pause
              </Button>
            )}
            <Button
              variant="default"
              c="var(--qd-critical)"
              leftSection={<IconPlayerStop size={16} aria-hidden />}
              onClick={abort.open}
            >
              Abort
            </Button>
          </>
        )
      }
    >
      {data.error && <Stopped state={data.state} error={data.error} />}
      {data.pendingPlan && <NextActions runs={[data]} />}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Panel title="Steps" flush aside={<StepBar done={data.stepsDone} total={data.stepsTotal} />}>
            <StepList run={data} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="md">
            <Panel title="About">
              <Stack gap={10}>
                <Fact name="Reason">{data.reason || "none given"}</Fact>
                <Fact name="Runbook">
                  <Link to={`/runbooks/${data.pack}/${data.runbook}`}>
                    {data.pack}/{data.runbook}
                  </Link>
                </Fact>
                {data.incidentId && (
                  <Fact name="Incident">
                    <Link to={`/incidents/${data.incidentId}`} className="qd-mono">
                      {data.incidentId}
                    </Link>
                  </Fact>
                )}
                {data.endedAt && (
                  <Fact name="Ended">
                    <Clock at={data.endedAt} />
                  </Fact>
                )}
              </Stack>
            </Panel>
            <Panel title="Plans" flush>
              {data.plans.length === 0 && (
                <Text size="sm" c="dimmed" p="md">
                  No writes were planned yet.
                </Text>
              )}
              {data.plans.map((plan) => (
                <div key={plan.hash} className="qd-row">
                  <Stack gap={4} align="flex-start">
                    <StateChip state={plan.state === "pending" ? "awaiting_approval" : plan.state} />
                    <Text size="sm">
                      Stage {plan.stage} · {plan.approvals} of {plan.required} signed
                    </Text>
                    <Hash value={plan.hash} label="plan hash" />
                    <Link to={`/plans/${plan.hash}`}>Open the plan</Link>
                  </Stack>
                </div>
              ))}
            </Panel>
          </Stack>
        </Grid.Col>
      </Grid>
      <ReasonDialog
        opened={holding}
        close={hold.close}
        title={data.state === "paused" ? "Resume the run" : "Pause the run"}
        act={data.state === "paused" ? "Resume" : "Pause"}
        explain={
          data.state === "paused"
            ? "It goes on with the step at which it stopped. A step that failed is tried again; one whose outcome is unknown is probed first."
            : "No further step starts until somebody resumes it. A transaction that was broadcast already is still followed."
        }
        run={async (reason) => {
          await post(`/api/runs/${data.id}/${data.state === "paused" ? "resume" : "pause"}`, { reason });
          await queries.invalidateQueries({ queryKey: ["runs"] });
        }}
      />
      <ReasonDialog
        opened={aborting}
        close={abort.close}
        title="Abort the run"
        act="Abort the run"
        danger
        explain="No further step starts. A transaction that was broadcast already cannot be taken back; it stays in the record."
        run={async (reason) => {
          await post(`/api/runs/${data.id}/abort`, { reason });
          await queries.invalidateQueries({ queryKey: ["runs"] });
        }}
      />
    </Page>
  );
}

/** Why the run does not go on, and what can be done about it. */
function Stopped({ state, error }: { state: string; error: string }) {
  const paused = state === "paused";
  return (
    <Alert
      color={paused ? "warning" : "critical"}
      icon={<IconAlertTriangle aria-hidden />}
      title={paused ? "The run is paused" : state === "aborted" ? "The run was aborted" : "The run failed"}
      role="alert"
    >
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {error}
      </Text>
      {paused && (
        <Text size="sm" fw={600} mt={4}>
          Repair the cause, then resume it; or abort it, which sends nothing more.
        </Text>
      )}
    </Alert>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <Text className="qd-label">{name}</Text>
      <Text size="sm" component="div">
        {children}
      </Text>
    </div>
  );
}
