import { Button, Group, Menu, Stack, Text } from "@mantine/core";
import { IconChevronDown, IconUserPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post } from "../api/client";
import type { OperatorSummary } from "../api/contract";
import { operators } from "../api/queries";
import { Answer } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { ReasonDialog } from "../kit/ReasonDialog";
import { Ago, Clock } from "../kit/Time";
import { AskDialog, type AskKind } from "./AskDialog";
import { useMay, useMe } from "./me";
import { OperatorPages } from "./OperatorPages";

interface Asking {
  kind: AskKind;
  about: OperatorSummary | null;
}

export function PeoplePage() {
  const answer = useQuery(operators);
  const manages = useMay("operators.manage");
  const [asking, setAsking] = useState<Asking | null>(null);
  const [removing, setRemoving] = useState<OperatorSummary | null>(null);
  const queries = useQueryClient();
  return (
    <Page
      title="Operators"
      lead="Letting somebody in takes two people: one asks, another approves. One person signs a plan once."
      actions={
        manages && (
          <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setAsking({ kind: "join", about: null })}>
            Ask for a new operator
          </Button>
        )
      }
    >
      <OperatorPages />
      <Answer of={answer}>
        {(all) => (
          <Panel title={`Everyone (${all.filter((operator) => !operator.removedAt).length})`} flush>
            {[...all]
              .sort((a, b) => Number(Boolean(a.removedAt)) - Number(Boolean(b.removedAt)) || a.name.localeCompare(b.name))
              .map((operator) => (
                <Row
                  key={operator.id}
                  operator={operator}
                  manages={manages}
                  ask={(kind) => setAsking({ kind, about: operator })}
                  remove={() => setRemoving(operator)}
                />
              ))}
          </Panel>
        )}
      </Answer>
      {asking && <AskDialog kind={asking.kind} about={asking.about} close={() => setAsking(null)} />}
      {removing && (
        <ReasonDialog
          opened
          close={() => setRemoving(null)}
          title={`Remove ${removing.name}`}
          act="Remove"
          danger
          type={removing.id}
          explain="Ends their sessions, tokens, passkeys and wallets, and takes back their open approvals, at once. The record of what they did stays."
          run={async (reason) => {
            await post(`/api/operators/${removing.id}/remove`, { reason });
            await queries.invalidateQueries({ queryKey: ["operators"] });
          }}
        />
      )}
    </Page>
  );
}

function Row({
  operator,
  manages,
  ask,
  remove,
}: {
  operator: OperatorSummary;
  manages: boolean;
  ask: (kind: AskKind) => void;
  remove: () => void;
}) {
  const me = useMe();
  const mine = operator.id === me.operator.id;
  return (
    <div className="qd-row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <Stack gap={2}>
          <Group gap="xs">
            <Text fw={600}>{operator.name}</Text>
            {operator.name !== operator.id && (
              <Text size="sm" c="dimmed" className="qd-mono">
                {operator.id}
              </Text>
            )}
            {mine && (
              <Text size="sm" c="dimmed">
                you
              </Text>
            )}
            {operator.removedAt && <StateChip state="aborted" text="Removed" />}
          </Group>
          <Text size="sm">{operator.roles.join(", ") || "no role"}</Text>
          <Text size="sm" c="dimmed" component="div">
            {operator.credentialKinds.length === 0
              ? "cannot sign yet"
              : `signs with ${[...new Set(operator.credentialKinds)].join(", ")}`}
            {" · "}
            {operator.lastSeenAt ? (
              <>
                seen <Ago at={operator.lastSeenAt} />
              </>
            ) : (
              "never signed in"
            )}
            {operator.expiresAt && (
              <>
                {" "}
                · until <Clock at={operator.expiresAt} />
              </>
            )}
          </Text>
        </Stack>
        {manages && !operator.removedAt && (
          <Menu position="bottom-end" width={240}>
            <Menu.Target>
              <Button
                size="xs"
                variant="default"
                rightSection={<IconChevronDown size={14} aria-hidden />}
                aria-label={`Change ${operator.name}`}
              >
                Change
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => ask("roles")}>Ask for other roles</Menu.Item>
              <Menu.Item onClick={() => ask("recover")}>Lost their authenticator</Menu.Item>
              <Menu.Item c="var(--qd-critical)" onClick={remove}>
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </Group>
    </div>
  );
}
