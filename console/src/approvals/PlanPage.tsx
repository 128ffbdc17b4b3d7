import { Alert, Grid, Stack, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import type { Plan } from "../api/contract";
import { plan } from "../api/queries";
import { Answer } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { group, person, plural } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { Countdown } from "../kit/Time";
import { Action } from "./Action";
import { Approve } from "./Approve";
import { Call } from "./Call";
import { Canonical } from "./Canonical";
import { Signatures } from "./Signatures";

export function PlanPage() {
  const { hash = "" } = useParams();
  const answer = useQuery(plan(hash));
  return <Answer of={answer}>{(data) => <Loaded data={data} />}</Answer>;
}

/** Calls and actions in the one order in which they are made. */
const effects = (data: Plan) => [...data.calls, ...data.actions].sort((a, b) => a.position - b.position);

const counted = (data: Plan) =>
  [
    data.calls.length > 0 && plural(data.calls.length, "call"),
    data.actions.length > 0 && plural(data.actions.length, "action"),
  ]
    .filter(Boolean)
    .join(" and ");

function Loaded({ data }: { data: Plan }) {
  const pending = data.state === "pending";
  const failing = data.calls.filter((call) => call.simulation.outcome === "reverts").length;
  return (
    <Page
      title={data.title}
      chips={
        pending ? (
          <>
            <StateChip state="awaiting_approval" text={`${data.approvals.length} of ${data.policy.required} signed`} />
            <Text size="sm" fw={600}>
              <Countdown until={data.expiresAt} over="expired" /> left
            </Text>
          </>
        ) : (
          <StateChip state={data.state} />
        )
      }
      lead={
        <>
          {counted(data)}, in this order
          {data.calls.length > 0 && ` · simulated at block ${group(data.simulatedAt)}`} ·{" "}
          {data.environment} · requested by {person(data.requestedBy)} ·{" "}
          <Link to={`/runs/${data.runId}`}>open the run</Link>
        </>
      }
    >
      {failing > 0 && (
        <Alert
          color="critical"
          title={`${plural(failing, "call")} would revert if sent now`}
          icon={<IconInfoCircle aria-hidden />}
        >
          Read why under the call. Approving does not make it succeed.
        </Alert>
      )}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            <Panel title="Exactly what is signed" flush>
              {effects(data).map((effect) =>
                "calldata" in effect ? (
                  <Call key={effect.position} call={effect} />
                ) : (
                  <Action key={effect.position} action={effect} />
                ),
              )}
            </Panel>
            {data.notCovered.length > 0 && (
              <Panel title="What this plan does not cover">
                <ul style={{ margin: 0, paddingLeft: 18 }}>
                  {data.notCovered.map((text) => (
                    <li key={text}>{text}</li>
                  ))}
                </ul>
              </Panel>
            )}
            <Panel title="Plan hash">
              <Canonical hash={data.hash} canonical={data.canonical} of="plan" />
            </Panel>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }} order={{ base: 1, md: 2 }}>
          <Stack gap="md" style={{ position: "sticky", top: 68 }}>
            <Panel
              title="Approvals"
              aside={
                pending && (
                  <Text size="sm" fw={600}>
                    <Countdown until={data.expiresAt} over="expired" /> left
                  </Text>
                )
              }
            >
              <Signatures plan={data} />
            </Panel>
            {pending && <Approve of={data} kind="plan" />}
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}
