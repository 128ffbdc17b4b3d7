import { Alert, Group, Progress, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Indexing } from "../api/contract";
import { indexing } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { group, plural, span } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";

const states: Record<string, [string, string]> = {
  following: ["up", "Follows the head"],
  filling: ["running", "Fills its history"],
  failing: ["failed", "Failing"],
  waiting: ["waiting", "Waiting for the chain"],
  elsewhere: ["inactive", "Another replica indexes it"],
};

/** How far each chain's event tables are, how fast, and how its endpoints do. */
export function IndexingPage() {
  const answer = useQuery({ ...indexing, refetchInterval: 3_000 });
  return (
    <Page title="Indexing" lead="How far the event tables of each chain are filled, at what rate, and how its endpoints answer.">
      <Answer of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Panel title="Chains" flush>
              <Empty title="No chain is indexed">
                Name an EVM chain in protocol.yaml and its endpoints in the environment's file.
              </Empty>
            </Panel>
          ) : (
            <Stack gap="md">
              {all.map((chain) => (
                <Chain key={`${chain.pack}/${chain.chain}`} chain={chain} />
              ))}
            </Stack>
          )
        }
      </Answer>
    </Page>
  );
}

function Chain({ chain }: { chain: Indexing }) {
  const [state, text] = states[chain.state] ?? ["inactive", chain.state];
  const { backfill } = chain;
  return (
    <Panel title={`${chain.chain} · ${chain.pack}`} aside={<StateChip state={state} text={text} />} flush>
      {chain.failure && (
        <Alert color="critical" m="md" mb={0} icon={<IconAlertTriangle aria-hidden />} title="Indexing fails and is tried again">
          {chain.failure}
        </Alert>
      )}
      {backfill && (
        <div className="qd-row">
          <Group justify="space-between" gap="xs">
            <Text fw={600}>
              {(100 * backfill.done).toFixed(1)} % of blocks {group(backfill.from)} to {group(backfill.to)}
            </Text>
            <Text fw={600}>
              {backfill.remainingSeconds === null ? "remaining time not known yet" : `${span(backfill.remainingSeconds * 1000)} left`}
            </Text>
          </Group>
          <Progress
            value={100 * backfill.done}
            color="sea.5"
            my={6}
            aria-label={`${(100 * backfill.done).toFixed(0)} percent filled`}
          />
          <Text size="sm" c="dimmed">
            At block {group(backfill.at)} · {group(Math.round(backfill.eventsPerSecond))} events/s ·{" "}
            {group(Math.round(backfill.blocksPerSecond))} blocks/s · {group(backfill.events)} events so far · batches of{" "}
            {group(backfill.batchSize)}, {backfill.concurrency} at once
          </Text>
        </div>
      )}
      <div className="qd-row">
        <Text size="sm">
          Head {chain.head === null ? "unknown" : group(chain.head)} · indexed to{" "}
          {chain.indexed === null ? "nothing yet" : group(chain.indexed)}
          {chain.firstBlock !== null && ` from ${group(chain.firstBlock)}`}
          {chain.blockLag !== null && ` · ${plural(chain.blockLag, "block")} behind`}
          {chain.lagSeconds !== null && ` (${span(chain.lagSeconds * 1000)})`}
        </Text>
        <Text size="sm" c="dimmed">
          {group(chain.events)} events, {group(chain.eventsPerMinute)} a minute
          {chain.commitMilliseconds !== null && ` · committed in ${chain.commitMilliseconds.toFixed(0)} ms`} ·{" "}
          {plural(chain.reorganisations, "reorganisation")}
          {chain.deepestReorganisation > 0 && ` (deepest ${plural(chain.deepestReorganisation, "block")})`} ·{" "}
          {plural(chain.gaps, "gap")} filled
          {chain.undecodable > 0 && ` · ${group(chain.undecodable)} not decodable`}
        </Text>
      </div>
      {chain.endpoints.map((endpoint) => (
        <Group key={endpoint.name} className="qd-row" justify="space-between" gap="xs">
          <Group gap="xs">
            <StateChip state={endpoint.usable ? "up" : "down"} text={endpoint.usable ? "Answers" : "Not used"} />
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              {endpoint.name}
            </Text>
          </Group>
          <Text size="sm" c="dimmed">
            {endpoint.head === null ? "no head" : `head ${group(endpoint.head)}`} · {endpoint.latencyMilliseconds.toFixed(0)} ms
            {endpoint.fault !== "none" && ` · ${endpoint.fault}`}
            {endpoint.lastError && ` · ${endpoint.lastError}`}
          </Text>
        </Group>
      ))}
      <div className="qd-row">
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {chain.tables.length === 0
            ? "No event of this chain is named in index.yaml."
            : `Tables: ${chain.tables.map((table) => table.table).join(", ")}`}
        </Text>
      </div>
    </Panel>
  );
}
