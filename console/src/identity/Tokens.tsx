import { Alert, Button, Checkbox, Code, CopyButton, Group, Modal, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { post, remove } from "../api/client";
import { tokens } from "../api/queries";
import { Answer, Empty, Failure } from "../kit/Answer";
import { Confirm } from "../kit/Confirm";
import { Panel } from "../kit/Panel";
import { Ago, Countdown } from "../kit/Time";
import { useMe } from "./me";

/** What a token may carry: nothing with which it could make further access. */
const scopes: Record<string, string> = {
  read: "See everything that is watched",
  "incidents.respond": "Acknowledge, note and resolve incidents",
  "runs.propose": "Propose runs",
  "runs.operate": "Operate runs",
  "plans.approve": "Approve plans",
  "plans.reject": "Reject plans",
  "audit.read": "Read the audit log",
  "audit.export": "Export the audit log",
};

export function Tokens() {
  const answer = useQuery(tokens);
  const queries = useQueryClient();
  const [making, make] = useDisclosure(false);
  return (
    <Panel
      title="Tokens of your programs"
      flush
      aside={
        <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={make.open}>
          New token
        </Button>
      }
    >
      <Answer of={answer}>
        {(all) =>
          all.length === 0 ? (
            <Empty title="No token">
              A script or CI job sends one as <code>Authorization: Bearer</code>; it can do what you choose, until it ends.
            </Empty>
          ) : (
            all.map((token) => (
              <Group key={token.id} className="qd-row" justify="space-between" gap="xs">
                <div>
                  <Text fw={600}>{token.label}</Text>
                  <Text size="sm">{token.scopes.join(", ")}</Text>
                  <Text size="sm" c="dimmed" component="div">
                    Ends in <Countdown until={token.expiresAt} over="a moment" />,{" "}
                    {token.lastUsedAt ? (
                      <>
                        used <Ago at={token.lastUsedAt} />
                      </>
                    ) : (
                      "never used"
                    )}
                  </Text>
                </div>
                <Confirm
                  act="Revoke"
                  sure="Revoke it"
                  danger
                  run={async () => {
                    await remove(`/api/tokens/${token.id}`);
                    await queries.invalidateQueries({ queryKey: ["tokens"] });
                  }}
                />
              </Group>
            ))
          )
        }
      </Answer>
      {making && <NewToken close={make.close} />}
    </Panel>
  );
}

function NewToken({ close }: { close: () => void }) {
  const { operator } = useMe();
  const queries = useQueryClient();
  const [label, setLabel] = useState("");
  const [chosen, setChosen] = useState<string[]>(["read"]);
  const [days, setDays] = useState(30);
  const make = useMutation({
    mutationFn: () => post<{ token: string }>("/api/tokens", { label: label.trim(), scopes: chosen, days }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  const ready = label.trim().length > 0 && chosen.length > 0 && days > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) make.mutate();
  };
  return (
    <Modal opened onClose={close} title="New token" centered>
      {make.data ? (
        <ShownOnce secret={make.data.token} what="token" close={close}>
          Only its hash is kept: it cannot be shown again.
        </ShownOnce>
      ) : (
        <form onSubmit={submit}>
          <Stack gap="sm">
            <TextInput
              label="What it is for"
              value={label}
              onChange={(event) => setLabel(event.currentTarget.value)}
              maxLength={80}
              required
              data-autofocus
            />
            <Checkbox.Group label="What it may do" value={chosen} onChange={setChosen}>
              <Stack gap={6} mt={6}>
                {Object.entries(scopes)
                  .filter(([scope]) => operator.permissions.includes(scope))
                  .map(([scope, text]) => (
                    <Checkbox key={scope} value={scope} label={`${text} (${scope})`} />
                  ))}
              </Stack>
            </Checkbox.Group>
            <NumberInput label="Days" value={days} min={1} max={365} onChange={(value) => setDays(Number(value) || 0)} />
            {make.error && <Failure error={make.error} />}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" disabled={!ready} loading={make.isPending}>
                Make it
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

/** A secret that the server does not keep: copied now or never. */
export function ShownOnce({
  secret,
  what,
  close,
  children,
}: {
  secret: string;
  what: string;
  close: () => void;
  children: React.ReactNode;
}) {
  return (
    <Stack gap="sm">
      <Alert color="warning" title={`Copy the ${what} now`}>
        {children}
      </Alert>
      <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {secret}
      </Code>
      <Group justify="flex-end" gap="xs">
        <CopyButton value={secret}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? "Copied" : "Copy"}</Button>}
        </CopyButton>
        <Button variant="default" onClick={close}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
