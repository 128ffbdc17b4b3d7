import { Button, Grid, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCheck, IconEye, IconNote } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { AlertRow } from "../alerts/AlertRow";
import { post } from "../api/client";
import type { Incident } from "../api/contract";
import { incident } from "../api/queries";
import { useMay } from "../identity/me";
import { Answer, Empty, Failure } from "../kit/Answer";
import { SeverityChip, StateChip } from "../kit/Chip";
import { plural } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { ReasonDialog } from "../kit/ReasonDialog";
import { Ago, Clock } from "../kit/Time";
import { ProposeRun } from "../runbooks/ProposeRun";
import { NextActions } from "../runs/NextActions";
import { RunProgress } from "../runs/RunProgress";
import { isOver } from "../runs/states";
import { Timeline } from "./Timeline";

export function IncidentPage() {
  const { id = "" } = useParams();
  const answer = useQuery(incident(id));
  return <Answer of={answer}>{(data) => <Loaded data={data} />}</Answer>;
}

function Loaded({ data }: { data: Incident }) {
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["incidents"] });
  const act = useMutation({
    mutationFn: ({ verb, text }: { verb: string; text: string }) => post(`/api/incidents/${data.id}/${verb}`, { text }),
    onSuccess: refresh,
  });
  const mayRespond = useMay("incidents.respond");
  const [noting, note] = useDisclosure(false);
  const [resolving, resolve] = useDisclosure(false);
  const over = data.state === "resolved";
  const firing = data.alerts.filter((alert) => alert.state === "firing").length;

  return (
    <Page
      title={data.title}
      chips={
        <>
          <SeverityChip severity={data.severity} />
          <StateChip state={data.state} />
        </>
      }
      lead={
        <>
          {data.pack} · opened <Clock at={data.openedAt} /> (<Ago at={data.openedAt} />) ·{" "}
          <span className="qd-mono">{data.id}</span>
        </>
      }
      actions={
        mayRespond && (
          <>
            {data.state === "open" && (
              <Button
                leftSection={<IconEye size={16} aria-hidden />}
                loading={act.isPending}
                onClick={() => act.mutate({ verb: "acknowledge", text: "I am on it" })}
              >
                Acknowledge
              </Button>
            )}
            <Button variant="default" leftSection={<IconNote size={16} aria-hidden />} onClick={note.open}>
              Add note
            </Button>
            {!over && (
              <Button variant="default" leftSection={<IconCheck size={16} aria-hidden />} onClick={resolve.open}>
                Resolve
              </Button>
            )}
          </>
        )
      }
    >
      {act.error && <Failure error={act.error} />}
      <NextActions runs={data.runs} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            {data.runs.filter((run) => !isOver(run.state)).map((run) => (
              <RunProgress key={run.id} run={run} />
            ))}
            <Panel
              title={`What fired (${data.alerts.length})`}
              aside={firing > 0 ? <StateChip state="firing" text={`${firing} firing`} /> : undefined}
              flush
            >
              {data.alerts.map((alert) => (
                <AlertRow key={alert.id} alert={alert} />
              ))}
              {data.alerts.length === 0 && <Empty title="No alert belongs to this incident" />}
            </Panel>
            {data.runs.filter((run) => isOver(run.state)).map((run) => (
              <RunProgress key={run.id} run={run} />
            ))}
            <Panel title="Runbooks" flush>
              {data.runbooks.length === 0 && (
                <Empty title="No runbook names these alerts">
                  Add <code>alerts: [{data.alerts[0]?.name ?? "AlertName"}]</code> to the front matter of one, or choose
                  from <Link to="/runbooks">all runbooks</Link>.
                </Empty>
              )}
              {data.runbooks.map((runbook) => (
                <Group key={runbook.slug} className="qd-row" justify="space-between" gap="xs">
                  <div>
                    <Link to={`/runbooks/${runbook.pack}/${runbook.slug}`} style={{ fontWeight: 600 }}>
                      {runbook.title}
                    </Link>
                    <Text size="sm" c="dimmed">
                      {plural(runbook.steps, "step")}, {plural(runbook.writes, "write")}
                    </Text>
                  </div>
                  {!over && (
                    <ProposeRun pack={runbook.pack} slug={runbook.slug} title={runbook.title} incidentId={data.id} />
                  )}
                </Group>
              ))}
            </Panel>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Panel title="Timeline" flush>
            {data.timeline.length === 0 ? (
              <Empty title="Nothing is recorded yet" />
            ) : (
              <Timeline entries={data.timeline} />
            )}
          </Panel>
        </Grid.Col>
      </Grid>
      <ReasonDialog
        opened={noting}
        close={note.close}
        title="Add a note"
        label="Note"
        act="Add note"
        explain="What you saw, decided or told someone. It joins the timeline."
        run={(text) => act.mutateAsync({ verb: "notes", text })}
      />
      <ReasonDialog
        opened={resolving}
        close={resolve.close}
        title="Resolve the incident"
        act="Resolve"
        label="How was it resolved?"
        explain={
          firing > 0
            ? `${plural(firing, "alert")} of it still ${firing === 1 ? "fires" : "fire"}. Resolving does not silence them.`
            : "None of its alerts fires any more."
        }
        run={(text) => act.mutateAsync({ verb: "resolve", text })}
      />
    </Page>
  );
}
