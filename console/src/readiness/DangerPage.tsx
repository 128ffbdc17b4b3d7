import { Alert, Stack, Table, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { PauseReadiness } from "../api/contract";
import { readiness } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { group, plural } from "../kit/format";
import { Hash } from "../kit/Hash";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { ProposeRun } from "../runbooks/ProposeRun";
import { Contracts } from "./Contracts";
import classes from "./DangerPage.module.css";

export function DangerPage() {
  const answer = useQuery({ ...readiness, refetchInterval: 15_000 });
  return (
    <Page
      title="Danger zone"
      lead="The emergency pause of each protocol: what would be called, by whom, and whether it would work at this block."
    >
      <Answer of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Panel title="Emergency pause" flush>
              <Empty title="No pack has an emergency pause">
                Name the <code>pause</code> of a contract in protocol.yaml and list the runbook under{" "}
                <code>propose</code> in policies.yaml.
              </Empty>
            </Panel>
          ) : (
            <Stack gap="md">
              {all.map((pause) => (
                <Pause key={pause.pack + pause.runbook} pause={pause} />
              ))}
            </Stack>
          )
        }
      </Answer>
      <Contracts />
    </Page>
  );
}

function Pause({ pause }: { pause: PauseReadiness }) {
  const open = pause.calls.filter((call) => call.paused === false);
  const failing = open.filter((call) => !call.success);
  return (
    <section className={classes.zone} aria-label={`${pause.title} of ${pause.pack}`}>
      <div className={classes.head}>
        <div>
          <Text fw={600} size="lg" component="h2" m={0}>
            {pause.title} · {pause.pack}
          </Text>
          <Text size="sm" c="dimmed">
            {plural(pause.policy.required, "signature")} of role {pause.policy.roles.join(" or ")};{" "}
            {pause.policy.requesterCounts ? "the requester counts" : "the requester does not count"}
            {pause.block !== null && ` · simulated at block ${group(pause.block)}`}
          </Text>
        </div>
        {open.length === 0 && !pause.problem ? (
          <StateChip state="paused" text="Everything is paused" />
        ) : (
          <StateChip
            state={pause.ready ? "succeeded" : "failed"}
            text={pause.ready ? "Ready: every call would work now" : "Not ready"}
          />
        )}
      </div>
      {pause.problem && (
        <Alert color="critical" m="md" mb={0} icon={<IconAlertTriangle aria-hidden />} title="No plan can be made now">
          {pause.problem}
        </Alert>
      )}
      {failing.length > 0 && (
        <Alert
          color="critical"
          m="md"
          mb={0}
          icon={<IconAlertTriangle aria-hidden />}
          title={`${plural(failing.length, "call")} would revert now`}
        >
          In an emergency this pause would stop halfway. Repair the cause below before you need it.
        </Alert>
      )}
      <div className={classes.table}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Order</Table.Th>
              <Table.Th>Call</Table.Th>
              <Table.Th>Address</Table.Th>
              <Table.Th>Sender</Table.Th>
              <Table.Th>Now</Table.Th>
              <Table.Th>If called now</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {pause.calls.map((call, index) => (
              <Table.Tr key={call.address + call.function}>
                <Table.Td>{index + 1}</Table.Td>
                <Table.Td className="qd-mono">
                  <strong>{call.contract}</strong>.{call.function}
                </Table.Td>
                <Table.Td>
                  <Hash value={call.address} label={`address of ${call.contract}`} />
                </Table.Td>
                <Table.Td>
                  <Hash value={call.from} label="sender" />
                </Table.Td>
                <Table.Td>
                  {call.paused === null ? (
                    <StateChip state="unknown" text="Not read" />
                  ) : call.paused ? (
                    <StateChip state="paused" />
                  ) : (
                    <StateChip state="up" text="Active" />
                  )}
                </Table.Td>
                <Table.Td>
                  {call.paused ? (
                    <Text size="sm" c="dimmed">
                      nothing to do
                    </Text>
                  ) : (
                    <StateChip
                      state={call.success ? "succeeded" : "failed"}
                      text={call.success ? "Would succeed" : "Would revert"}
                    />
                  )}
                  {call.error && !call.paused && (
                    <Text size="xs" c="var(--qd-critical)">
                      {call.error}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <div className={classes.foot}>
        <Text size="sm" c="dimmed" style={{ flex: "1 1 260px" }}>
          Proposing sends nothing. It builds the plan, simulates it and asks {plural(pause.policy.required, "operator")}{" "}
          to sign.
        </Text>
        <ProposeRun
          pack={pause.pack}
          slug={pause.runbook}
          title={`${pause.title} of ${pause.pack}`}
          act={`Propose ${pause.title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`}
          type={pause.pack}
          danger
        />
      </div>
    </section>
  );
}
