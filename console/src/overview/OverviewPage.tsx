import { Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { AlertRow } from "../alerts/AlertRow";
import type { Overview, PackStatus } from "../api/contract";
import { overview } from "../api/queries";
import { IncidentRow } from "../incidents/IncidentRow";
import { Answer, Empty } from "../kit/Answer";
import { Chip } from "../kit/Chip";
import { plural } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { NextActions } from "../runs/NextActions";
import { RunRow } from "../runs/RunRow";
import { Contracts } from "./Contracts";
import { HealthStrip } from "./HealthStrip";
import { Metrics } from "./Metrics";
import { RefusedPacks } from "./RefusedPacks";
import { verdict } from "./verdict";

export function OverviewPage() {
  const answer = useQuery(overview);
  return <Answer of={answer}>{(data) => <Loaded data={data} />}</Answer>;
}

function Loaded({ data }: { data: Overview }) {
  const standing = verdict(data);
  return (
    <Page
      title="Overview"
      lead={standing.text}
      chips={<Chip tone={standing.tone} icon={standing.icon} text={standing.word} />}
    >
      <NextActions runs={data.activeRuns} />
      <RefusedPacks findings={data.refused} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Panel title="Firing now" aside={<More to="/alerts" text="All alerts" />} flush>
          {data.firing.length === 0 ? (
            <Empty title="No alert is firing">Rules are evaluated at every new block.</Empty>
          ) : (
            data.firing.slice(0, 6).map((alert) => <AlertRow key={alert.id} alert={alert} />)
          )}
        </Panel>
        <Panel title="Open incidents" aside={<More to="/incidents" text="All incidents" />} flush>
          {data.openIncidents.length === 0 ? (
            <Empty title="No incident is open">A firing alert opens one by itself.</Empty>
          ) : (
            data.openIncidents.slice(0, 5).map((incident) => <IncidentRow key={incident.id} incident={incident} />)
          )}
          {data.activeRuns.length > 0 && (
            <div style={{ borderTop: "1px solid var(--mantine-color-default-border)" }}>
              <Text className="qd-label" px="md" pt={10}>
                {plural(data.activeRuns.length, "active run")}
              </Text>
              {data.activeRuns.slice(0, 5).map((run) => (
                <RunRow key={run.id} run={run} />
              ))}
            </div>
          )}
        </Panel>
      </SimpleGrid>
      {data.packs.map((pack) => (
        <Pack key={pack.name} pack={pack} only={data.packs.length === 1} />
      ))}
      {data.packs.length === 0 && (
        <Empty title="No protocol pack is loaded">
          Name its folder in QUARTERDECK_PACKS and start the server again. <code>quarterdeck check</code> says what is
          wrong with one.
        </Empty>
      )}
    </Page>
  );
}

function Pack({ pack, only }: { pack: PackStatus; only: boolean }) {
  return (
    <Stack gap="md">
      <Group gap="xs" align="baseline">
        <Text component="h2" fw={600} size="lg" m={0}>
          {pack.title}
        </Text>
        {!only && (
          <Text size="sm" c="dimmed">
            {pack.name}
          </Text>
        )}
      </Group>
      <HealthStrip pack={pack} />
      <Metrics metrics={pack.metrics} />
      <Contracts contracts={pack.contracts} />
    </Stack>
  );
}

function More({ to, text }: { to: string; text: string }) {
  return (
    <Link to={to} style={{ fontSize: "0.8125rem" }}>
      {text}
    </Link>
  );
}
