import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { incidents, operators, overview } from "../api/queries";
import { type ExportScope, exportPath } from "./scope";

/** The whole log, or a part with proofs, evidence and a report for auditors. */
export function ExportDialog({ close }: { close: () => void }) {
  const [scope, setScope] = useState<ExportScope>({ from: "", to: "", protocol: "", incident: "", operator: "" });
  const { data: everything } = useQuery(overview);
  const { data: cases } = useQuery(incidents);
  const { data: people } = useQuery(operators);
  const set = (part: Partial<ExportScope>) => setScope((before) => ({ ...before, ...part }));
  const backwards = scope.from !== "" && scope.to !== "" && scope.from >= scope.to;
  const whole = Object.values(scope).every((value) => value === "");
  return (
    <Modal opened onClose={close} title="Export the audit log" centered>
      <Stack gap="sm">
        <Text size="sm">
          {whole
            ? "Everything: entries, checkpoints, evidence and SHA256SUMS. Narrow it below for an auditor."
            : "A part: its entries each with a proof against the signed checkpoint, evidence and a report to read."}
        </Text>
        <Group grow align="flex-start">
          <TextInput type="date" label="From" value={scope.from} onChange={(event) => set({ from: event.currentTarget.value })} />
          <TextInput
            type="date"
            label="Before"
            value={scope.to}
            error={backwards ? "Must be after the start" : null}
            onChange={(event) => set({ to: event.currentTarget.value })}
          />
        </Group>
        <NativeSelect
          label="Protocol"
          value={scope.protocol}
          onChange={(event) => set({ protocol: event.currentTarget.value })}
          data={[{ value: "", label: "Any" }, ...(everything?.packs ?? []).map((pack) => ({ value: pack.name, label: pack.title }))]}
        />
        <NativeSelect
          label="Incident"
          value={scope.incident}
          onChange={(event) => set({ incident: event.currentTarget.value })}
          data={[{ value: "", label: "Any" }, ...(cases ?? []).map((one) => ({ value: one.id, label: `${one.title} · ${one.id}` }))]}
        />
        <NativeSelect
          label="Operator"
          value={scope.operator}
          onChange={(event) => set({ operator: event.currentTarget.value })}
          data={[{ value: "", label: "Any" }, ...(people ?? []).map((one) => ({ value: one.id, label: one.name }))]}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Close
          </Button>
          <Button
            component="a"
            href={exportPath(scope)}
            download
            data-disabled={backwards || undefined}
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            {whole ? "Export everything" : "Export this part"}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
