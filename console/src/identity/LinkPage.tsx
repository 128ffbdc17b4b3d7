import { Anchor, Button, Loader, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import { post } from "../api/client";
import type { SignedIn } from "../api/contract";
import { Failure } from "../kit/Answer";
import { Threshold } from "./Threshold";

/** Where a one-time link leads. The token is in the fragment, so no server log or referrer ever has it. */
export function LinkPage() {
  const location = useLocation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const started = useRef(false);
  const [token] = useState(() => location.hash.slice(1));
  const [halves, setHalves] = useState<[string, string]>(["", ""]);
  const { mutate, error, isPending } = useMutation({
    mutationFn: (given: string) => post<SignedIn>("/api/auth/link", { token: given }),
    onSuccess: async () => {
      queries.removeQueries({ queryKey: ["me"] });
      await navigate("/operators?welcome", { replace: true });
    },
  });
  useEffect(() => {
    document.title = "One-time link · Quarterdeck";
    if (!token || started.current) return;
    started.current = true;
    window.history.replaceState(null, "", "/link");
    mutate(token);
  }, [token, mutate]);

  return (
    <Threshold>
      <Stack gap="sm">
        <Title order={1}>One-time link</Title>
        {error ? (
          <>
            <Failure error={error} />
            <Text size="sm">
              A link works once and for 15 minutes. Ask for a new one, or{" "}
              <Anchor component={Link} to="/sign-in">
                sign in with a passkey or wallet
              </Anchor>
              .
            </Text>
          </>
        ) : token ? (
          <Text size="sm" component="div">
            <Loader size="xs" mr={8} aria-hidden /> Signing you in
          </Text>
        ) : (
          <Halves halves={halves} change={setHalves} busy={isPending} enter={() => mutate(halves.map((half) => half.trim()).join("."))} />
        )}
      </Stack>
    </Threshold>
  );
}

/** Two people let somebody in, and each of them gives one half of the link. */
function Halves({
  halves: [first, second],
  change,
  busy,
  enter,
}: {
  halves: [string, string];
  change: (halves: [string, string]) => void;
  busy: boolean;
  enter: () => void;
}) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">
          Were you given two halves? Enter both. If you were given one link, copy the whole of it, with what follows the #
          sign.
        </Text>
        <TextInput
          label="First half, from who asked for you"
          value={first}
          onChange={(event) => change([event.currentTarget.value, second])}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <TextInput
          label="Second half, from who approved it"
          value={second}
          onChange={(event) => change([first, event.currentTarget.value])}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <Button type="submit" loading={busy} disabled={!first.trim() || !second.trim()}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
