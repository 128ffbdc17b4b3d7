import { Alert, Anchor, Button, Stack, Text, Title } from "@mantine/core";
import { IconBuilding, IconFingerprint, IconKey, IconWallet } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { methods } from "../api/queries";
import { Failure } from "../kit/Answer";
import { passkeyPlace, passkeysWork } from "./passkey";
import { signInWithPasskey, signInWithWallet } from "./signin";
import { Threshold } from "./Threshold";
import { browserKey, connectExtension, hasExtension } from "./wallet";

type Way = "passkey" | "extension" | "browser";

export function SignInPage() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [search] = useSearchParams();
  const { data } = useQuery(methods);
  const key = data?.environmentKind === "devnet" ? browserKey(false) : null;
  const place = passkeyPlace();

  useEffect(() => {
    document.title = "Sign in · Quarterdeck";
  }, []);

  const signIn = useMutation({
    mutationFn: async (way: Way) => {
      if (way === "passkey") return signInWithPasskey();
      if (way === "extension") return signInWithWallet(await connectExtension());
      if (!key) throw new Error("This browser has no key.");
      return signInWithWallet(key);
    },
    onSuccess: async () => {
      queries.removeQueries({ queryKey: ["me"] });
      const next = search.get("next") ?? "/";
      await navigate(next.startsWith("/") && !next.startsWith("//") ? next : "/", { replace: true });
    },
  });
  const busy = (way: Way) => signIn.isPending && signIn.variables === way;

  return (
    <Threshold environment={data?.environment}>
      <Stack gap="sm">
        <Title order={1}>Sign in</Title>
        <Button
          size="md"
          leftSection={<IconFingerprint size={18} aria-hidden />}
          disabled={!passkeysWork()}
          loading={busy("passkey")}
          onClick={() => signIn.mutate("passkey")}
        >
          Continue with a passkey
        </Button>
        {place && (
          <Text size="sm" c="dimmed">
            Passkeys need a host name. <Anchor href={place}>Open this page at localhost</Anchor> to use one.
          </Text>
        )}
        {hasExtension() && (
          <Button
            size="md"
            variant="default"
            leftSection={<IconWallet size={18} aria-hidden />}
            loading={busy("extension")}
            onClick={() => signIn.mutate("extension")}
          >
            Continue with a wallet
          </Button>
        )}
        {key && (
          <Button
            size="md"
            variant="default"
            leftSection={<IconKey size={18} aria-hidden />}
            loading={busy("browser")}
            onClick={() => signIn.mutate("browser")}
          >
            Continue with this browser's devnet key
          </Button>
        )}
        {data?.provider && (
          <Button
            component="a"
            href="/api/auth/oidc/start"
            size="md"
            variant="default"
            leftSection={<IconBuilding size={18} aria-hidden />}
          >
            Continue with {data.provider}
          </Button>
        )}
        {signIn.error && <Failure error={signIn.error} />}
        <Alert color="sea" variant="light" mt="xs" title="First time here?">
          Open the one-time link that an administrator gave you
          {data?.environmentKind === "devnet" && (
            <>
              ; on this devnet, <code>quarterdeck up</code> prints one for each operator
            </>
          )}
          . It works once and for 15 minutes.
        </Alert>
      </Stack>
    </Threshold>
  );
}
