import { ActionIcon, Alert, Anchor, Button, Group, Text, Tooltip } from "@mantine/core";
import { IconFingerprint, IconKey, IconTrash, IconWallet } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { remove } from "../api/client";
import type { Credential } from "../api/contract";
import { Empty, Failure } from "../kit/Answer";
import { Hash } from "../kit/Hash";
import { Panel } from "../kit/Panel";
import { Ago } from "../kit/Time";
import { useMe } from "./me";
import { passkeyPlace, passkeysWork } from "./passkey";
import { enrolPasskey, enrolWallet } from "./signin";
import { browserKey, connectExtension, hasExtension } from "./wallet";

export function Credentials() {
  const { operator, environmentKind } = useMe();
  const queries = useQueryClient();
  const [doubt, setDoubt] = useState<Credential | null>(null);
  const refresh = async () => {
    await queries.invalidateQueries({ queryKey: ["me"] });
    await queries.invalidateQueries({ queryKey: ["operators"] });
  };
  const enrol = useMutation({
    mutationFn: async (way: "passkey" | "extension" | "browser") => {
      if (way === "passkey") return enrolPasskey(`Passkey on ${navigator.platform || "this device"}`);
      if (way === "extension") return enrolWallet(await connectExtension(), "Wallet");
      const key = browserKey(true);
      if (key) await enrolWallet(key, "Browser key (devnet only)");
    },
    onSuccess: refresh,
  });
  const drop = useMutation({
    mutationFn: (credential: Credential) => remove(`/api/credentials/${credential.id}`),
    onSuccess: refresh,
    onSettled: () => setDoubt(null),
  });
  const place = passkeyPlace();
  const key = environmentKind === "devnet" ? browserKey(false) : null;
  const keyEnrolled = operator.credentials.some(
    (credential) => credential.address?.toLowerCase() === key?.address.toLowerCase(),
  );

  return (
    <Panel
      title="What you sign with"
      flush
      aside={
        <Group gap="xs">
          {passkeysWork() && (
            <Button
              size="xs"
              leftSection={<IconFingerprint size={14} aria-hidden />}
              loading={enrol.isPending && enrol.variables === "passkey"}
              onClick={() => enrol.mutate("passkey")}
            >
              Add passkey
            </Button>
          )}
          {hasExtension() && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconWallet size={14} aria-hidden />}
              loading={enrol.isPending && enrol.variables === "extension"}
              onClick={() => enrol.mutate("extension")}
            >
              Add wallet
            </Button>
          )}
          {environmentKind === "devnet" && !keyEnrolled && (
            <Tooltip label="A key kept in this browser. Devnet only: it guards nothing of value.">
              <Button
                size="xs"
                variant="default"
                leftSection={<IconKey size={14} aria-hidden />}
                loading={enrol.isPending && enrol.variables === "browser"}
                onClick={() => enrol.mutate("browser")}
              >
                Add browser key (devnet only)
              </Button>
            </Tooltip>
          )}
        </Group>
      }
    >
      {enrol.error && <Failure error={enrol.error} />}
      {drop.error && <Failure error={drop.error} />}
      {place && (
        <Alert color="sea" m="md" mb={0}>
          Passkeys need a host name. <Anchor href={place}>Open this page at localhost</Anchor> to add one; you sign in
          there anew.
        </Alert>
      )}
      {operator.credentials.length === 0 && (
        <Empty title="Add a passkey or a wallet now">
          Your one-time link is used up; without a credential you can neither return nor approve.
        </Empty>
      )}
      {operator.credentials.map((credential) => (
        <Group key={credential.id} className="qd-row" justify="space-between" gap="xs">
          <Group gap="sm" wrap="nowrap">
            {credential.kind === "passkey" ? (
              <IconFingerprint size={20} aria-hidden />
            ) : (
              <IconWallet size={20} aria-hidden />
            )}
            <div>
              <Text fw={600}>{credential.label}</Text>
              <Text size="sm" c="dimmed" component="div">
                {credential.address && <Hash value={credential.address} label="wallet address" />} added{" "}
                <Ago at={credential.createdAt} />
                {credential.lastUsedAt && (
                  <>
                    , used <Ago at={credential.lastUsedAt} />
                  </>
                )}
              </Text>
            </div>
          </Group>
          {doubt?.id === credential.id ? (
            <Group gap="xs">
              <Button size="xs" color="critical" loading={drop.isPending} onClick={() => drop.mutate(credential)}>
                Remove it
              </Button>
              <Button size="xs" variant="default" onClick={() => setDoubt(null)}>
                Keep
              </Button>
            </Group>
          ) : (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove ${credential.label}`}
              onClick={() => setDoubt(credential)}
            >
              <IconTrash size={16} aria-hidden />
            </ActionIcon>
          )}
        </Group>
      ))}
    </Panel>
  );
}
