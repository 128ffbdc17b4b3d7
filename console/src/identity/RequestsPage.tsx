import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post } from "../api/client";
import type { OperatorRequest } from "../api/contract";
import { requests } from "../api/queries";
import { Answer, Empty, Failure } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { person } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { ReasonDialog } from "../kit/ReasonDialog";
import { Clock, Countdown } from "../kit/Time";
import { useMe } from "./me";
import { OperatorPages } from "./OperatorPages";
import { ShownOnce } from "./Tokens";

const kinds: Record<string, string> = {
  join: "becomes an operator",
  roles: "gets other roles",
  recover: "gets a new authenticator",
  bind: "may sign in by an account at the identity provider",
};

interface Half {
  request: OperatorRequest;
  secret: string;
}

export function RequestsPage() {
  const answer = useQuery(requests);
  // Here and not in the row: the row leaves its list when the request is decided, and the half is shown only once.
  const [half, setHalf] = useState<Half | null>(null);
  return (
    <Page title="Operators" lead="What one person asked for an operator, and a second one decides.">
      <OperatorPages />
      <Modal opened={half !== null} onClose={() => setHalf(null)} title="Approved" centered>
        {half && (
          <ShownOnce secret={half.secret} what="second half of the link" close={() => setHalf(null)}>
            Give it to {half.request.name} yourself, not through {person(half.request.requestedBy)}, who has the first half. They
            open <code>{location.origin}/link</code> and enter both. It cannot be shown again.
          </ShownOnce>
        )}
      </Modal>
      <Answer of={answer}>
        {(all) => {
          const open = all.filter((request) => request.state === "pending");
          const decided = all.filter((request) => request.state !== "pending");
          return (
            <>
              <Panel title={`Waiting for a second person (${open.length})`} flush>
                {open.length === 0 && (
                  <Empty title="Nothing waits">Whoever manages operators asks under People.</Empty>
                )}
                {open.map((request) => (
                  <Row key={request.id} request={request} approved={setHalf} />
                ))}
              </Panel>
              {decided.length > 0 && (
                <Panel title="Decided" flush>
                  {decided.map((request) => (
                    <Row key={request.id} request={request} approved={setHalf} />
                  ))}
                </Panel>
              )}
            </>
          );
        }}
      </Answer>
    </Page>
  );
}

function Row({ request, approved }: { request: OperatorRequest; approved: (half: Half) => void }) {
  const { operator } = useMe();
  const queries = useQueryClient();
  const [refusing, setRefusing] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ["operators"] });
  const approve = useMutation({
    mutationFn: () => post<{ half: string | null }>(`/api/operators/requests/${request.id}/approve`),
    onSuccess: async (done) => {
      if (done.half) approved({ request, secret: done.half });
      await refresh();
    },
  });
  const own = request.requestedBy === operator.id || request.operator === operator.id;
  const pending = request.state === "pending";
  return (
    <div className="qd-row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <Stack gap={2} style={{ minWidth: 0, flex: "1 1 280px" }}>
          <Group gap="xs">
            {!pending && <StateChip state={request.state === "refused" ? "rejected" : request.state} />}
            <Text fw={600}>
              {request.name} {kinds[request.kind] ?? request.kind}
            </Text>
            <Text size="sm" c="dimmed" className="qd-mono">
              {request.operator}
            </Text>
          </Group>
          <Text size="sm">
            {request.roles.join(", ")}
            {request.operatorExpiresAt ? (
              <>
                {" "}
                until <Clock at={request.operatorExpiresAt} />
              </>
            ) : (
              ", without an end"
            )}
          </Text>
          {request.subject && (
            <Text size="sm">
              Account there: <span className="qd-mono">{request.subject}</span>
            </Text>
          )}
          <Text size="sm">{request.justification}</Text>
          <Text size="sm" c="dimmed" component="div">
            Asked by {person(request.requestedBy)} <Clock at={request.requestedAt} />
            {pending ? (
              <>
                {" "}
                · <Countdown until={request.expiresAt} over="expired" /> left
              </>
            ) : (
              request.decidedBy &&
              ` · ${request.state} by ${person(request.decidedBy)}${request.decidedReason ? `: ${request.decidedReason}` : ""}`
            )}
          </Text>
        </Stack>
        {pending && (
          <Group gap="xs">
            {own ? (
              <Text size="sm" c="dimmed">
                another person decides
              </Text>
            ) : (
              <Button size="xs" loading={approve.isPending} onClick={() => approve.mutate()}>
                Approve
              </Button>
            )}
            <Button size="xs" variant="default" onClick={() => setRefusing(true)}>
              {own ? "Take back" : "Refuse"}
            </Button>
          </Group>
        )}
      </Group>
      {approve.error && <Failure error={approve.error} />}
      <ReasonDialog
        opened={refusing}
        close={() => setRefusing(false)}
        title={own ? "Take the request back" : "Refuse the request"}
        act={own ? "Take back" : "Refuse"}
        explain="Nothing changes for the operator. Who asked can ask again."
        run={async (reason) => {
          await post(`/api/operators/requests/${request.id}/refuse`, { reason });
          await refresh();
        }}
      />
    </div>
  );
}
