import { Button, Checkbox, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { post } from "../api/client";
import { useMay, useMe } from "../identity/me";
import { Failure } from "../kit/Answer";
import { Panel } from "../kit/Panel";
import { ReasonDialog } from "../kit/ReasonDialog";
import { plural } from "../kit/format";
import { BreakGlass } from "./BreakGlass";
import { confirmation } from "./confirmation";
import { SignButtons } from "./SignButtons";
import { type Signable, useSigning, type Way } from "./signing";
import { TypedName } from "./TypedName";

/** Sign or reject. The gates here help the hand; the server decides by itself. */
export function Approve({ of, kind }: { of: Signable; kind: "plan" | "standing" }) {
  const me = useMe();
  const queries = useQueryClient();
  const [read, setRead] = useState(false);
  const [typed, setTyped] = useState("");
  const signing = useSigning(of);
  const mayApprove = useMay("plans.approve");
  const base = kind === "plan" ? `/api/plans/${of.hash}` : `/api/standing/${of.hash}`;
  const topic = kind === "plan" ? "plans" : "standing";
  const refresh = () => queries.invalidateQueries({ queryKey: [topic] });
  const word = confirmation(of);
  const effects = of.calls.length + (of.actions?.length ?? 0);
  const ready = read && (word === null || typed.trim() === word);
  const sign = useMutation({
    mutationFn: async (way: Way) =>
      post(`${base}/approvals`, {
        ...(await signing.evidence(way)),
        confirmed: word === null ? undefined : typed.trim(),
      }),
    onSuccess: refresh,
  });

  if (of.approvals.some((approval) => isMe(approval.operator, me.operator)))
    return <Note text="You have signed. One person signs once; another operator must sign too." />;
  if (!mayApprove) return <Note text={`Your roles (${me.operator.roles.join(", ")}) may not approve.`} />;
  const counts = !isMe(of.requestedBy, me.operator) || of.policy.requesterCounts;

  return (
    <Panel title="Your decision">
      <Stack gap="sm">
        {counts ? (
          <>
            <Checkbox
              checked={read}
              onChange={(event) => setRead(event.currentTarget.checked)}
              label={`I read all ${plural(effects, of.actions?.length ? "effect" : "call")} and want exactly these.`}
            />
            {word !== null && <TypedName word={word} value={typed} change={setTyped} />}
            {!ready && (
              <Text size="sm" c="dimmed" id="gate">
                {read ? `Type ${word} above to go on.` : `Read ${plural(effects, of.actions?.length ? "effect" : "call")} and tick the box to go on.`}
              </Text>
            )}
            {signing.safe !== null && (
              <Text size="sm">
                You sign transaction {String(of.typedData.message.nonce)} of the Safe <code>{signing.safe}</code>, with the
                wallet that owns it. The Safe checks your signature itself.
              </Text>
            )}
            {sign.error && <Failure error={sign.error} />}
            <SignButtons
              act="Approve"
              signing={signing}
              ready={ready}
              busy={sign.isPending ? (sign.variables ?? null) : null}
              sign={sign.mutate}
            />
          </>
        ) : (
          <Text size="sm">
            You asked for this, so your signature does not count under its policy. Ask another operator.
          </Text>
        )}
        {kind === "plan" && <RejectPlan base={base} refresh={refresh} />}
        {kind === "plan" && <BreakGlass of={of} refresh={refresh} />}
      </Stack>
    </Panel>
  );
}

const isMe = (actor: string, operator: { id: string; name: string }) => {
  const name = actor.replace("operator:", "");
  return name === operator.name || name === operator.id;
};

function RejectPlan({ base, refresh }: { base: string; refresh: () => Promise<void> }) {
  const [opened, { open, close }] = useDisclosure(false);
  if (!useMay("plans.reject")) return null;
  return (
    <>
      <Button
        variant="default"
        c="var(--qd-critical)"
        leftSection={<IconX size={16} aria-hidden />}
        onClick={open}
      >
        Reject the plan
      </Button>
      <ReasonDialog
        opened={opened}
        close={close}
        title="Reject the plan"
        act="Reject"
        danger
        explain="The plan is dead for everyone. The run must be proposed again."
        run={async (reason) => {
          await post(`${base}/reject`, { reason });
          await refresh();
        }}
      />
    </>
  );
}

function Note({ text }: { text: string }) {
  return (
    <Panel title="Your decision">
      <Text size="sm">{text}</Text>
    </Panel>
  );
}
