import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useNavigate } from "react-router";
import { post } from "../api/client";
import type { RunSummary } from "../api/contract";
import { useMay } from "../identity/me";
import { ReasonDialog } from "../kit/ReasonDialog";

/** Proposes a run: gathers its writes into a plan and simulates them; nothing is sent before the approvals. */
export function ProposeRun(props: {
  pack: string;
  slug: string;
  title: string;
  incidentId?: string;
  act?: string;
  type?: string;
  danger?: boolean;
}) {
  const [opened, { open, close }] = useDisclosure(false);
  const navigate = useNavigate();
  const act = props.act ?? "Propose run";
  if (!useMay("runs.propose")) return null;
  return (
    <>
      <Button
        size="sm"
        color={props.danger ? "critical" : undefined}
        leftSection={<IconPlayerPlay size={16} aria-hidden />}
        onClick={open}
      >
        {act}
      </Button>
      <ReasonDialog
        opened={opened}
        close={close}
        title={`${act}: ${props.title}`}
        act={act}
        danger={props.danger}
        type={props.type}
        explain="Its writes are gathered into a plan and simulated now. Reads run freely; no write is sent before the approvals of its policy."
        run={async (reason) => {
          const run = await post<RunSummary>("/api/runs", {
            pack: props.pack,
            runbook: props.slug,
            incidentId: props.incidentId ?? null,
            reason,
          });
          await navigate(`/runs/${run.id}`);
        }}
      />
    </>
  );
}
