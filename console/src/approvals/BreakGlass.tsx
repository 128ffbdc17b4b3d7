import { Alert, Button, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconHammer, IconSpeakerphone } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { post } from "../api/client";
import { useMay, useMe } from "../identity/me";
import { Failure } from "../kit/Answer";
import { confirmation } from "./confirmation";
import { SignButtons } from "./SignButtons";
import { type Signable, useSigning, type Way } from "./signing";
import { TypedName } from "./TypedName";

/** Acting alone in an emergency, where the policy lets a role of one's own: loud, with a reason, reviewed after. */
export function BreakGlass({ of, refresh }: { of: Signable; refresh: () => Promise<void> }) {
  const { operator } = useMe();
  const may = useMay("plans.break-glass");
  const [opened, { open, close }] = useDisclosure(false);
  if (!may || !of.policy.breakGlass.some((role) => operator.roles.includes(role))) return null;
  return (
    <>
      <Button variant="subtle" color="critical" leftSection={<IconHammer size={16} aria-hidden />} onClick={open}>
        Nobody else can sign: break glass
      </Button>
      {opened && <Dialog of={of} close={close} refresh={refresh} />}
    </>
  );
}

function Dialog({ of, close, refresh }: { of: Signable; close: () => void; refresh: () => Promise<void> }) {
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const signing = useSigning(of);
  const word = confirmation(of);
  const breaking = useMutation({
    mutationFn: async (way: Way) =>
      post(`/api/plans/${of.hash}/break-glass`, {
        ...(await signing.evidence(way)),
        reason: reason.trim(),
        confirmed: word === null ? undefined : typed.trim(),
      }),
    onSuccess: async () => {
      await refresh();
      close();
    },
  });
  const ready = reason.trim().length >= 10 && (word === null || typed.trim() === word);
  return (
    <Modal opened onClose={close} title="Break glass: act alone" centered>
      <Stack gap="sm">
        <Alert color="critical" icon={<IconSpeakerphone aria-hidden />} title="Everyone is paged at once">
          The plan runs on your signature alone. Another person reviews it afterwards, and it stays in the audit log.
        </Alert>
        <Textarea
          label="Why it cannot wait for a second person"
          description="At least a sentence; whoever reviews it reads this"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          autosize
          minRows={2}
          maxLength={2000}
          required
          data-autofocus
        />
        {word !== null && <TypedName word={word} value={typed} change={setTyped} />}
        {breaking.error && <Failure error={breaking.error} />}
        <SignButtons
          act="Act alone"
          signing={signing}
          ready={ready}
          busy={breaking.isPending ? (breaking.variables ?? null) : null}
          sign={breaking.mutate}
          danger
        />
        <Text size="sm" c="dimmed">
          If anyone else can be reached, close this and let them sign.
        </Text>
        <Button variant="default" onClick={close}>
          Close
        </Button>
      </Stack>
    </Modal>
  );
}
