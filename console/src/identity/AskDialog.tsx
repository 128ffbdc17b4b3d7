import { Button, Checkbox, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { post } from "../api/client";
import type { OperatorSummary } from "../api/contract";
import { operators } from "../api/queries";
import { Failure } from "../kit/Answer";
import { ShownOnce } from "./Tokens";

export type AskKind = "join" | "roles" | "recover";
const builtIn = ["viewer", "responder", "operator", "approver", "compliance", "admin"];
const titles: Record<AskKind, string> = {
  join: "Ask for a new operator",
  roles: "Ask for other roles",
  recover: "Replace a lost authenticator",
};
const explains: Record<AskKind, string> = {
  join: "Another person with the right to approves it. The link that lets them in falls into two halves: you get one, the other person the other.",
  roles: "Another person with the right to approves it; until then nothing changes.",
  recover:
    "When another person approves, their sessions, passkeys and wallets end at once, and a new link in two halves lets them in: you hold one half, the other person the other.",
};

/** One person asks for an operator; a second one approves under Requests. */
export function AskDialog({ kind, about, close }: { kind: AskKind; about: OperatorSummary | null; close: () => void }) {
  const queries = useQueryClient();
  const { data } = useQuery(operators);
  const [id, setId] = useState(about?.id ?? "");
  const [name, setName] = useState(about?.name ?? "");
  const [roles, setRoles] = useState<string[]>(about?.roles ?? []);
  const [until, setUntil] = useState("");
  const [justification, setJustification] = useState("");
  const known = [...new Set([...builtIn, ...(data ?? []).flatMap((operator) => operator.roles)])];
  const ask = useMutation({
    mutationFn: () =>
      post<{ id: string; half: string | null }>("/api/operators/requests", {
        kind,
        operator: id.trim(),
        name: name.trim() || null,
        roles: kind === "recover" ? null : roles,
        justification: justification.trim(),
        expiresAt: kind === "recover" || !until ? null : new Date(`${until}T00:00:00`).toISOString(),
      }),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["operators"] });
      if (!made.half) close();
    },
  });
  const badId = id !== "" && !/^[a-z][a-z0-9._-]{0,63}$/.test(id.trim());
  const ready = id.trim() !== "" && !badId && justification.trim().length >= 3 && (kind === "recover" || roles.length > 0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) ask.mutate();
  };
  return (
    <Modal opened onClose={close} title={about ? `${titles[kind]}: ${about.name}` : titles[kind]} centered>
      {ask.data?.half ? (
        <ShownOnce secret={ask.data.half} what="first half of the link" close={close}>
          Give it to {name || id} yourself, not through the second person. When the request is approved, they open{" "}
          <code>{location.origin}/link</code> and enter both halves. It cannot be shown again.
        </ShownOnce>
      ) : (
        <form onSubmit={submit}>
          <Stack gap="sm">
            <Text size="sm">{explains[kind]}</Text>
            {kind === "join" && (
              <Group grow align="flex-start">
                <TextInput
                  label="Id"
                  description="Stands in the record for ever"
                  value={id}
                  error={badId ? "A lower-case letter, then letters, digits, . _ -" : null}
                  onChange={(event) => setId(event.currentTarget.value)}
                  autoCapitalize="none"
                  spellCheck={false}
                  required
                  data-autofocus
                />
                <TextInput
                  label="Name"
                  description="What others see"
                  value={name}
                  onChange={(event) => setName(event.currentTarget.value)}
                />
              </Group>
            )}
            {kind !== "recover" && (
              <>
                <Checkbox.Group label="Roles" value={roles} onChange={setRoles}>
                  <Group gap="sm" mt={6}>
                    {known.map((role) => (
                      <Checkbox key={role} value={role} label={role} />
                    ))}
                  </Group>
                </Checkbox.Group>
                <TextInput
                  type="date"
                  label="Until"
                  description="Access ends by itself; leave empty for none, which the access review remarks on"
                  value={until}
                  onChange={(event) => setUntil(event.currentTarget.value)}
                />
              </>
            )}
            <Textarea
              label="Justification"
              description="The second person reads it; recorded in the audit log"
              value={justification}
              onChange={(event) => setJustification(event.currentTarget.value)}
              autosize
              minRows={2}
              maxLength={2000}
              required
            />
            {ask.error && <Failure error={ask.error} />}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" disabled={!ready} loading={ask.isPending}>
                Ask
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
