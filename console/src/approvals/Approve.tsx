import { Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFingerprint, IconWallet, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { post } from "../api/client";
import type { Plan } from "../api/contract";
import { useMay, useMe } from "../identity/me";
import { passkeysWork, signWithPasskey } from "../identity/passkey";
import { walletFor } from "../identity/wallet";
import { Failure } from "../kit/Answer";
import { Panel } from "../kit/Panel";
import { ReasonDialog } from "../kit/ReasonDialog";
import { confirmation } from "./confirmation";

/** Sign or reject. The gates here help the hand; the server decides by itself. */
export function Approve({ plan }: { plan: Plan }) {
  const me = useMe();
  const queries = useQueryClient();
  const [read, setRead] = useState(false);
  const [typed, setTyped] = useState("");
  const [rejecting, reject] = useDisclosure(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ["plans"] });
  const mayApprove = useMay("plans.approve");

  const word = confirmation(plan);
  const ready = read && (word === null || typed.trim() === word);
  const wallets = me.operator.credentials.filter((credential) => credential.kind === "wallet");
  const passkeys = me.operator.credentials.filter((credential) => credential.kind === "passkey");
  const wallet = walletFor(wallets, me);

  const sign = useMutation({
    mutationFn: async (kind: "wallet" | "passkey") => {
      const confirmed = word === null ? undefined : typed.trim();
      if (kind === "passkey") {
        const credential = await signWithPasskey(plan.passkeyChallenge, passkeys);
        return post(`/api/plans/${plan.hash}/approvals`, { kind, credential, confirmed });
      }
      if (!wallet) throw new Error("No wallet of yours is reachable from this browser.");
      const signature = await wallet.signTypedData(plan.typedData);
      return post(`/api/plans/${plan.hash}/approvals`, { kind, signature, confirmed });
    },
    onSuccess: refresh,
  });

  if (plan.approvals.some((approval) => approval.operator.replace("operator:", "") === me.operator.name))
    return <Note text="You have signed. One person signs once; another operator must sign too." />;
  if (!mayApprove) return <Note text={`Your roles (${me.operator.roles.join(", ")}) may not approve.`} />;
  const isRequester = plan.requestedBy.replace("operator:", "") === me.operator.name;
  if (isRequester && !plan.policy.requesterCounts)
    return (
      <Note text="You requested this plan, so your signature does not count under its policy. Ask another operator." />
    );

  return (
    <Panel title="Your decision">
      <Stack gap="sm">
        <Checkbox
          checked={read}
          onChange={(event) => setRead(event.currentTarget.checked)}
          label={`I read all ${plan.calls.length} calls and want exactly these.`}
        />
        {word !== null && (
          <TextInput
            label={
              <>
                Type <strong>{word}</strong> to confirm its target
              </>
            }
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
        )}
        {sign.error && <Failure error={sign.error} />}
        <Group gap="xs" grow preventGrowOverflow={false}>
          {wallets.length > 0 && (
            <Button
              leftSection={<IconWallet size={16} aria-hidden />}
              disabled={!ready || !wallet}
              loading={sign.isPending && sign.variables === "wallet"}
              onClick={() => sign.mutate("wallet")}
            >
              Approve by {wallet?.kind === "browser" ? "browser key" : "wallet"}
            </Button>
          )}
          {passkeys.length > 0 && (
            <Button
              leftSection={<IconFingerprint size={16} aria-hidden />}
              disabled={!ready || !passkeysWork()}
              loading={sign.isPending && sign.variables === "passkey"}
              onClick={() => sign.mutate("passkey")}
            >
              Approve by passkey
            </Button>
          )}
        </Group>
        {wallets.length + passkeys.length === 0 && (
          <Text size="sm">
            You have nothing to sign with yet. <Link to="/operators">Enrol a passkey or a wallet</Link> first.
          </Text>
        )}
        {wallets.length > 0 && !wallet && passkeys.length === 0 && (
          <Text size="sm" c="dimmed">
            None of your wallets is in this browser. Unlock it here, or sign on the device that has it.
          </Text>
        )}
        <Button
          variant="default"
          c="var(--qd-critical)"
          leftSection={<IconX size={16} aria-hidden />}
          onClick={reject.open}
        >
          Reject the plan
        </Button>
      </Stack>
      <ReasonDialog
        opened={rejecting}
        close={reject.close}
        title="Reject the plan"
        act="Reject"
        danger
        explain="The plan is dead for everyone. The run must be proposed again."
        run={async (reason) => {
          await post(`/api/plans/${plan.hash}/reject`, { reason });
          await refresh();
        }}
      />
    </Panel>
  );
}

function Note({ text }: { text: string }) {
  return (
    <Panel title="Your decision">
      <Text size="sm">{text}</Text>
    </Panel>
  );
}
