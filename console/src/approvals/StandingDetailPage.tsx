import { Button, Grid, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBan } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { post } from "../api/client";
import type { Standing } from "../api/contract";
import { standingOf } from "../api/queries";
import { useMay } from "../identity/me";
import { Answer } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { person, plural } from "../kit/format";
import { Hash } from "../kit/Hash";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { ReasonDialog } from "../kit/ReasonDialog";
import { Clock, Countdown } from "../kit/Time";
import { Approve } from "./Approve";
import { Call } from "./Call";
import { Canonical } from "./Canonical";
import { Signatures } from "./Signatures";
import { standingChip } from "./standing";

export function StandingDetailPage() {
  const { hash = "" } = useParams();
  const answer = useQuery(standingOf(hash));
  return <Answer of={answer}>{(data) => <Loaded data={data} />}</Answer>;
}

function Loaded({ data }: { data: Standing }) {
  const queries = useQueryClient();
  const [revoking, revoke] = useDisclosure(false);
  const may = useMay("standing.revoke");
  const live = data.state === "active" || data.state === "pending";
  return (
    <Page
      title={`${data.title} under ${data.alert}`}
      chips={<StateChip {...standingChip(data)} />}
      lead={
        <>
          <Link to="/approvals/standing">Standing approval</Link> in {data.environment} · used {data.used} of {data.uses} ·{" "}
          {live ? (
            <>
              <Countdown until={data.expiresAt} over="expired" /> left
            </>
          ) : (
            <>
              until <Clock at={data.expiresAt} />
            </>
          )}{" "}
          · asked for by {person(data.requestedBy)}
        </>
      }
      actions={
        may &&
        live && (
          <Button
            variant="default"
            c="var(--qd-critical)"
            leftSection={<IconBan size={16} aria-hidden />}
            onClick={revoke.open}
          >
            Revoke
          </Button>
        )
      }
    >
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            <Panel title="Exactly what may be sent" flush>
              {data.calls.map((call) => (
                <Call key={call.position} call={call} />
              ))}
            </Panel>
            <Panel title="Hash">
              <Canonical hash={data.hash} canonical={data.canonical} of="standing approval" />
            </Panel>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            <Panel title="Approvals">
              <Signatures plan={data} />
            </Panel>
            <Panel title={`Uses (${data.used} of ${data.uses})`} flush>
              {data.usedBy.length === 0 && (
                <Text size="sm" c="dimmed" p="md">
                  It was not used.
                </Text>
              )}
              {data.usedBy.map((use) => (
                <div key={use.number} className="qd-row">
                  <Text size="sm" component="div">
                    {use.number}. <Link to={`/runs/${use.runId}`}>{use.runId}</Link>, <Clock at={use.at} /> ·{" "}
                    <Hash value={use.plan} label="plan hash" />
                  </Text>
                </div>
              ))}
            </Panel>
            {data.ended && (
              <Panel title="Ended">
                <Text size="sm" component="div">
                  By {person(data.ended.by)}, <Clock at={data.ended.at} />: {data.ended.reason}
                </Text>
              </Panel>
            )}
            {data.state === "pending" && <Approve of={data as never} kind="standing" />}
          </Stack>
        </Grid.Col>
      </Grid>
      <ReasonDialog
        opened={revoking}
        close={revoke.close}
        title="Revoke the standing approval"
        act="Revoke"
        danger
        explain={`It ends at once. A run that already uses it${data.used > 0 ? ` (${plural(data.used, "use")} so far)` : ""} keeps what it was approved for.`}
        run={async (reason) => {
          await post(`/api/standing/${data.hash}/revoke`, { reason });
          await queries.invalidateQueries({ queryKey: ["standing"] });
        }}
      />
    </Page>
  );
}
