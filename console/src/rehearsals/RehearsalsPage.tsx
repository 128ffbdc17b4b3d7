import { Alert, Group, Loader, NativeSelect, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import type { Rehearsal, RehearsalStanding } from "../api/contract";
import { rehearsals, standings } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { person, plural, short, span } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { Ago, Clock } from "../kit/Time";
import classes from "./RehearsalsPage.module.css";
import { keyOf, linesOf, phases, stretchesOf } from "./scores";

const LineChart = lazy(() => import("../dashboards/LineChart"));

export function RehearsalsPage() {
  const standing = useQuery({ ...standings, refetchInterval: 60_000 });
  const history = useQuery({ ...rehearsals, refetchInterval: 60_000 });
  const [only, setOnly] = useState("");
  return (
    <Page
      title="Rehearsals"
      lead="A runbook that was not rehearsed does not work. Each drill is scored from the anomaly's block on: detected, decided, contained, restored."
    >
      <Answer of={standing}>{(all) => <Standings all={all} choose={setOnly} />}</Answer>
      <Answer of={history}>{(all) => <History all={all} only={only} setOnly={setOnly} />}</Answer>
    </Page>
  );
}

function Standings({ all, choose }: { all: RehearsalStanding[]; choose: (key: string) => void }) {
  const overdue = all.filter((standing) => standing.overdue);
  const order = [...all].sort(
    (a, b) =>
      Number(b.overdue) - Number(a.overdue) ||
      Number(b.limitSeconds !== null) - Number(a.limitSeconds !== null) ||
      b.rehearsals - a.rehearsals ||
      a.title.localeCompare(b.title),
  );
  return (
    <>
      {overdue.length > 0 && (
        <Alert
          color="critical"
          icon={<IconAlertTriangle aria-hidden />}
          title={`${plural(overdue.length, "runbook")} overdue for rehearsal`}
        >
          Rehearse on a devnet or a fork: <code>quarterdeck drill {overdue[0]?.runbook}</code>. A passing one ends the alert.
        </Alert>
      )}
      <Panel title="Where each runbook stands" flush>
        {order.length === 0 && (
          <Empty title="No pack has a runbook">
            Put a Markdown file into the <code>runbooks</code> folder of a pack.
          </Empty>
        )}
        {order.map((standing) => (
          <StandingRow key={keyOf(standing)} standing={standing} choose={choose} />
        ))}
      </Panel>
    </>
  );
}

function StandingRow({ standing, choose }: { standing: RehearsalStanding; choose: (key: string) => void }) {
  const { medians } = standing;
  const state = standing.overdue
    ? { state: "failed", text: "Overdue" }
    : standing.lastPassedAt === null
      ? { state: "inactive", text: "Never rehearsed" }
      : standing.current === false
        ? { state: "waiting", text: "Changed since" }
        : { state: "succeeded", text: "Rehearsed" };
  return (
    <div className="qd-row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Link to={`/runbooks/${standing.pack}/${standing.runbook}`} style={{ fontWeight: 600 }}>
            {standing.title}
          </Link>
          <Text size="sm" c="dimmed" component="div">
            {standing.pack}
            {standing.lastPassedAt && (
              <>
                {" "}
                · last passed <Ago at={standing.lastPassedAt} />
              </>
            )}
            {standing.limitSeconds !== null && ` · to be rehearsed every ${span(standing.limitSeconds * 1000)}`}
          </Text>
        </div>
        <StateChip state={state.state} text={state.text} />
      </Group>
      {standing.rehearsals > 0 && (
        <Group gap="md" mt={4}>
          <button type="button" className={classes.choose} onClick={() => choose(keyOf(standing))}>
            {standing.passed} of {plural(standing.rehearsals, "rehearsal")} passed
          </button>
          {phases.map((phase) =>
            medians[phase] === null ? null : (
              <Text key={phase} size="sm" component="span">
                {phase} in <strong>{seconds(medians[phase])}</strong>
              </Text>
            ),
          )}
          {standing.passed > 1 && (
            <Text size="sm" c="dimmed" component="span">
              median of those that passed
            </Text>
          )}
        </Group>
      )}
    </div>
  );
}

const seconds = (milliseconds: number) =>
  milliseconds < 60_000 ? `${(milliseconds / 1000).toFixed(1)} s` : span(milliseconds);

function History({ all, only, setOnly }: { all: Rehearsal[]; only: string; setOnly: (key: string) => void }) {
  const keys = [...new Set(all.map(keyOf))].sort();
  const chosen = keys.includes(only) ? only : "";
  const shown = chosen ? all.filter((rehearsal) => keyOf(rehearsal) === chosen) : all;
  const slowest = Math.max(1, ...shown.map((rehearsal) => stretchesOf(rehearsal.milliseconds).at(-1)?.to ?? 0));
  return (
    <>
      {all.length > 0 && (
        <Panel
          title="Seconds from the anomaly on"
          aside={
            <NativeSelect
              size="xs"
              aria-label="Rehearsals of"
              value={chosen}
              onChange={(event) => setOnly(event.currentTarget.value)}
              data={[
                { value: "", label: "All runbooks" },
                ...keys.map((key) => ({ value: key, label: key.endsWith("/") ? `${key}(no runbook)` : key })),
              ]}
            />
          }
        >
          <Suspense fallback={<Loader size="sm" aria-label="Loading the chart" />}>
            <LineChart title="Seconds from the anomaly on" data={linesOf(shown)} unit="seconds" thresholds={[]} height={200} dots />
          </Suspense>
        </Panel>
      )}
      <Panel title={`History (${shown.length})`} flush>
        {shown.length === 0 && (
          <Empty title="Nothing was rehearsed yet">
            Inject a fault and watch it being contained: <code>quarterdeck drill supply-cap-breach</code>. Every drill is
            kept here with its times.
          </Empty>
        )}
        {shown.map((rehearsal) => (
          <Row key={rehearsal.id} rehearsal={rehearsal} slowest={slowest} />
        ))}
      </Panel>
    </>
  );
}

function Row({ rehearsal, slowest }: { rehearsal: Rehearsal; slowest: number }) {
  const parts = stretchesOf(rehearsal.milliseconds);
  return (
    <div className="qd-row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <Group gap="xs">
          <StateChip state={rehearsal.passed ? "succeeded" : "failed"} text={rehearsal.passed ? "Passed" : "Failed"} />
          <Text fw={600}>{rehearsal.fault ?? "No fault injected"}</Text>
          <Text size="sm" c="dimmed">
            {rehearsal.pack}
            {rehearsal.runbook && `/${rehearsal.runbook}`} on {rehearsal.ground}
          </Text>
        </Group>
        <Text size="sm" c="dimmed">
          <Clock at={rehearsal.startedAt} />
        </Text>
      </Group>
      {parts.length > 0 && (
        <>
          <div className={classes.track} aria-hidden>
            {parts.map(({ phase, from, to }) => (
              <span
                key={phase}
                className={classes.part}
                data-phase={phase}
                style={{ left: `${(100 * from) / slowest}%`, width: `${(100 * (to - from)) / slowest}%` }}
              />
            ))}
          </div>
          <Group gap="md">
            {parts.map(({ phase, to }) => (
              <span key={phase} className={classes.phase}>
                <span className={classes.dot} data-phase={phase} aria-hidden />
                {phase} {seconds(to)}
                {phase === "contained" && rehearsal.blocks.contained !== null && ` (${plural(rehearsal.blocks.contained, "block")})`}
              </span>
            ))}
          </Group>
        </>
      )}
      {rehearsal.failure && (
        <Text size="sm" c="var(--qd-critical)" mt={4} style={{ overflowWrap: "anywhere" }}>
          {rehearsal.failure}
        </Text>
      )}
      <Text size="xs" c="dimmed" mt={4} component="div">
        Recorded by {person(rehearsal.recordedBy)} · pack <span className="qd-mono">{short(rehearsal.packHash)}</span>
        {rehearsal.runId && (
          <>
            {" "}
            · run <span className="qd-mono">{rehearsal.runId}</span>
          </>
        )}
      </Text>
    </div>
  );
}
