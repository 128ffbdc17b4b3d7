import { Alert, Button, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangleFilled, IconDownload, IconSignature } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { post } from "../api/client";
import type { AccessReview } from "../api/contract";
import { review } from "../api/queries";
import { Answer } from "../kit/Answer";
import { Chip } from "../kit/Chip";
import { person, plural } from "../kit/format";
import { useNow } from "../kit/now";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { ReasonDialog } from "../kit/ReasonDialog";
import { Ago, Clock, Countdown } from "../kit/Time";
import { OperatorPages } from "./OperatorPages";
import { csvOf } from "./review";

export function ReviewPage() {
  const answer = useQuery({ ...review, refetchInterval: 60_000 });
  return <Answer of={answer}>{(data) => <Loaded data={data} />}</Answer>;
}

function save(data: AccessReview) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csvOf(data)], { type: "text/csv" }));
  link.download = `access-review-${data.at.slice(0, 10)}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Loaded({ data }: { data: AccessReview }) {
  const queries = useQueryClient();
  const now = useNow(60_000);
  const [signing, sign] = useDisclosure(false);
  const due = Date.parse(data.dueAt) <= now;
  const remarked = data.operators.filter((row) => !row.removedAt && row.remarks.length > 0).length;
  return (
    <Page
      title="Operators"
      lead="Who has access, since when and by whom; looked over each quarter."
      actions={
        <>
          <Button leftSection={<IconSignature size={16} aria-hidden />} onClick={sign.open}>
            Record the review
          </Button>
          <Button variant="default" leftSection={<IconDownload size={16} aria-hidden />} onClick={() => save(data)}>
            CSV
          </Button>
        </>
      }
    >
      <OperatorPages />
      <Alert color={due ? "warning" : "sea"} title={due ? "The access review is due" : "The access review is up to date"}>
        {data.lastReviewedAt ? (
          <>
            Last done by {person(data.lastReviewedBy ?? "")} <Ago at={data.lastReviewedAt} />.{" "}
          </>
        ) : (
          "It was never done. "
        )}
        {!due && (
          <>
            Next in <Countdown until={data.dueAt} />.{" "}
          </>
        )}
        {remarked > 0 && `${plural(remarked, "operator")} to look at below.`}
      </Alert>
      <Panel title={`Access (${data.operators.length})`} flush>
        <div style={{ overflowX: "auto" }} tabIndex={0} role="region" aria-label="Access of each operator">
          <Table miw={760}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Operator</Table.Th>
                <Table.Th>Roles</Table.Th>
                <Table.Th>Let in</Table.Th>
                <Table.Th>Last seen</Table.Th>
                <Table.Th>Holds</Table.Th>
                <Table.Th>To look at</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.operators.map((row) => (
                <Table.Tr key={row.id} style={row.removedAt ? { opacity: 0.7 } : undefined}>
                  <Table.Td>
                    <Text fw={600} size="sm">
                      {row.name}
                    </Text>
                    <Text size="xs" c="dimmed" className="qd-mono">
                      {row.id}
                    </Text>
                  </Table.Td>
                  <Table.Td>{row.roles.join(", ")}</Table.Td>
                  <Table.Td>
                    <Clock at={row.createdAt} />
                    <Text size="xs" c="dimmed">
                      {row.approvedBy
                        ? `asked by ${person(row.requestedBy ?? "")}, approved by ${person(row.approvedBy)}`
                        : "by the command line"}
                      {row.justification && `: ${row.justification}`}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    {row.lastSeenAt ? <Ago at={row.lastSeenAt} /> : "never"}
                    {row.expiresAt && (
                      <Text size="xs" c="dimmed">
                        until <Clock at={row.expiresAt} />
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    {[
                      plural(row.credentials, "credential"),
                      row.sessions > 0 && plural(row.sessions, "session"),
                      row.tokens > 0 && plural(row.tokens, "token"),
                      row.approvals > 0 && plural(row.approvals, "approval"),
                    ]
                      .filter(Boolean)
                      .join(", ")}
                  </Table.Td>
                  <Table.Td>
                    {row.remarks.map((remark) =>
                      row.removedAt ? (
                        <Text key={remark} size="sm" c="dimmed">
                          {remark}
                        </Text>
                      ) : (
                        <div key={remark}>
                          <Chip tone="warning" icon={IconAlertTriangleFilled} text={remark} />
                        </div>
                      ),
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      </Panel>
      <ReasonDialog
        opened={signing}
        close={sign.close}
        title="Record the access review"
        label="What you found, and what was changed"
        act="Record it"
        explain={`You looked over ${plural(data.operators.length, "operator")}. The record says so under your name.`}
        run={async (text) => {
          await post("/api/operators/review", { text });
          await queries.invalidateQueries({ queryKey: ["operators"] });
        }}
      />
    </Page>
  );
}
