import { Button, Group, Modal, NativeSelect, NumberInput, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { post } from "../api/client";
import type { Standing } from "../api/contract";
import { runbooks } from "../api/queries";
import { Failure } from "../kit/Answer";

/** Asks for a standing approval; the writes of the runbook are gathered and simulated, then others sign. */
export function AskStanding({ close }: { close: () => void }) {
  const { data } = useQuery(runbooks);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const fit = (data ?? []).filter((runbook) => runbook.writes > 0 && runbook.alerts.length > 0);
  const [chosen, setChosen] = useState("");
  const runbook = fit.find((candidate) => `${candidate.pack}/${candidate.slug}` === chosen) ?? fit[0];
  const [alert, setAlert] = useState("");
  const under = runbook?.alerts.includes(alert) ? alert : (runbook?.alerts[0] ?? "");
  const [uses, setUses] = useState(1);
  const [hours, setHours] = useState(24);
  const [reason, setReason] = useState("");
  const ask = useMutation({
    mutationFn: () =>
      post<Standing>("/api/standing", {
        pack: runbook?.pack,
        runbook: runbook?.slug,
        alert: under,
        uses,
        hours,
        reason: reason.trim(),
      }),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["standing"] });
      await navigate(`/approvals/standing/${made.hash}`);
    },
  });
  const ready = runbook && under && uses > 0 && hours > 0 && reason.trim().length >= 3;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) ask.mutate();
  };
  return (
    <Modal opened onClose={close} title="Ask for a standing approval" centered>
      <form onSubmit={submit}>
        <Stack gap="sm">
          {data && fit.length === 0 && (
            <Text size="sm">
              No runbook has writes and names an alert. Name one in its front matter: <code>alerts: [AlertName]</code>.
            </Text>
          )}
          <NativeSelect
            label="Runbook"
            value={runbook ? `${runbook.pack}/${runbook.slug}` : ""}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={fit.map((one) => ({ value: `${one.pack}/${one.slug}`, label: `${one.title} · ${one.pack}` }))}
          />
          <NativeSelect
            label="Only while this alert fires"
            value={under}
            onChange={(event) => setAlert(event.currentTarget.value)}
            data={runbook?.alerts ?? []}
          />
          <Group grow>
            <NumberInput label="Uses" value={uses} min={1} max={100} onChange={(value) => setUses(Number(value) || 0)} />
            <NumberInput label="Hours" value={hours} min={1} max={2160} onChange={(value) => setHours(Number(value) || 0)} />
          </Group>
          <Textarea
            label="Reason"
            description="Recorded in the audit log"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
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
              Ask for it
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
