import { Button, Group, Text } from "@mantine/core";
import { IconFingerprint, IconWallet } from "@tabler/icons-react";
import { Link } from "react-router";
import { passkeysWork } from "../identity/passkey";
import type { useSigning, Way } from "./signing";

/** One button for each way to sign, and what to do where there is none. */
export function SignButtons({
  act,
  signing: { wallets, passkeys, wallet },
  ready,
  busy,
  sign,
  danger,
}: {
  act: string;
  signing: ReturnType<typeof useSigning>;
  ready: boolean;
  busy: Way | null;
  sign: (way: Way) => void;
  danger?: boolean;
}) {
  const color = danger ? "critical" : undefined;
  return (
    <>
      <Group gap="xs" grow preventGrowOverflow={false}>
        {wallets.length > 0 && (
          <Button
            color={color}
            leftSection={<IconWallet size={16} aria-hidden />}
            disabled={!ready || !wallet || busy === "passkey"}
            loading={busy === "wallet"}
            onClick={() => sign("wallet")}
          >
            {act} by {wallet?.kind === "browser" ? "browser key" : "wallet"}
          </Button>
        )}
        {passkeys.length > 0 && (
          <Button
            color={color}
            leftSection={<IconFingerprint size={16} aria-hidden />}
            disabled={!ready || !passkeysWork() || busy === "wallet"}
            loading={busy === "passkey"}
            onClick={() => sign("passkey")}
          >
            {act} by passkey
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
    </>
  );
}
