import { Anchor, Loader, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
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
  const { mutate, error } = useMutation({
    mutationFn: () => post<SignedIn>("/api/auth/link", { token }),
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
    mutate();
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
          <Text size="sm">This address lacks its token. Copy the whole link, with what follows the # sign.</Text>
        )}
      </Stack>
    </Threshold>
  );
}
