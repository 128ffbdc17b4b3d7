import { Button, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Standing } from "../api/contract";
import { standing } from "../api/queries";
import { useMay } from "../identity/me";
import { Empty } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { FilteredList } from "../kit/FilteredList";
import { person } from "../kit/format";
import { Countdown } from "../kit/Time";
import { ApprovalPages } from "./ApprovalPages";
import { AskStanding } from "./AskStanding";
import { standingChip } from "./standing";

export function StandingPage() {
  const answer = useQuery(standing);
  const may = useMay("standing.request");
  const [asking, ask] = useDisclosure(false);
  return (
    <>
      <FilteredList
        title="Approvals"
        lead="Signed ahead: one runbook may act by itself under one alert, so often and so long. Each use pages everyone."
        one="standing approval"
        of={answer}
        words={["In force and asked for", "All"]}
        keyOf={(grant) => grant.hash}
        open={(grant) => grant.state === "active" || grant.state === "pending"}
        row={(grant) => <Row grant={grant} />}
        under={<ApprovalPages />}
        actions={
          may && (
            <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={ask.open}>
              Ask for one
            </Button>
          )
        }
        empty={() => (
          <Empty title="No runbook may act by itself">
            With a standing approval a pause can be sent within a block of its alert, under signatures given beforehand.
          </Empty>
        )}
      />
      {asking && <AskStanding close={ask.close} />}
    </>
  );
}

function Row({ grant }: { grant: Standing }) {
  return (
    <Link to={`/approvals/standing/${grant.hash}`} className="qd-row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <Text fw={600}>
          {grant.title} <Text span c="dimmed">under</Text> {grant.alert}
        </Text>
        <StateChip {...standingChip(grant)} />
      </Group>
      <Text size="sm" c="dimmed" component="div" mt={2}>
        {grant.pack} · used {grant.used} of {grant.uses} · asked for by {person(grant.requestedBy)}
        {(grant.state === "active" || grant.state === "pending") && (
          <>
            {" "}
            · <Countdown until={grant.expiresAt} over="expired" /> left
          </>
        )}
      </Text>
    </Link>
  );
}
