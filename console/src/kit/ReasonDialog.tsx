import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { Failure } from "./Answer";

/** Asks for the reason that goes into the audit log, and for typed confirmation where the act is hard to undo. */
export function ReasonDialog(props: {
  opened: boolean;
  close: () => void;
  title: string;
  explain: ReactNode;
  act: string;
  danger?: boolean;
  label?: string;
  type?: string;
  run: (reason: string) => Promise<unknown>;
}) {
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const ready = reason.trim().length >= 3 && (!props.type || typed.trim() === props.type);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    setError(null);
    try {
      await props.run(reason.trim());
      setReason("");
      setTyped("");
      props.close();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal opened={props.opened} onClose={props.close} title={props.title} centered>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm" component="div">
            {props.explain}
          </Text>
          <Textarea
            label={props.label ?? "Reason"}
            description="Recorded in the audit log"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            autosize
            minRows={2}
            maxLength={2000}
            required
            data-autofocus
          />
          {props.type && (
            <TextInput
              label={
                <>
                  Type <strong>{props.type}</strong> to confirm
                </>
              }
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              required
            />
          )}
          {error !== null && <Failure error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={props.close}>
              Cancel
            </Button>
            <Button type="submit" color={props.danger ? "critical" : undefined} loading={busy} disabled={!ready}>
              {props.act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
