import { Button, Group, Text } from "@mantine/core";
import { IconBellOff, IconCalendarTime } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { remove } from "../api/client";
import { alerts, silences } from "../api/queries";
import { useMay } from "../identity/me";
import { Empty } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { plural } from "../kit/format";
import { FilteredList } from "../kit/FilteredList";
import { Confirm } from "../kit/Confirm";
import { Clock, Countdown } from "../kit/Time";
import { AlertPages } from "./AlertPages";
import { SilenceDialog } from "./SilenceDialog";
import { mutes, type Silence, textOf } from "./silences";

const order = { active: 0, pending: 1, expired: 2 };

export function SilencesPage() {
  const answer = useQuery(silences);
  const may = useMay("alerts.silence");
  const [making, setMaking] = useState<"now" | "later" | null>(null);
  return (
    <>
      <FilteredList
        title="Silences"
        lead="While a silence lasts nobody is told of the alerts it matches. Alerts still fire and open incidents."
        one="silence"
        of={answer}
        words={["Active and planned", "With ended"]}
        keyOf={(silence) => silence.id}
      open={(silence) => silence.status.state !== "expired"}
        order={(a, b) => order[a.status.state] - order[b.status.state] || a.endsAt.localeCompare(b.endsAt)}
        row={(silence) => <Row silence={silence} may={may} />}
        under={<AlertPages />}
        actions={
          may && (
            <>
              <Button leftSection={<IconBellOff size={16} aria-hidden />} onClick={() => setMaking("now")}>
                Silence
              </Button>
              <Button
                variant="default"
                leftSection={<IconCalendarTime size={16} aria-hidden />}
                onClick={() => setMaking("later")}
              >
                Plan maintenance
              </Button>
            </>
          )
        }
        empty={() => (
          <Empty title="Nothing is silenced">
            {may
              ? "Silence an alert from its row, or plan a maintenance window here. amtool works too, against /api/v2."
              : "Your roles may not silence; a responder or operator can."}
          </Empty>
        )}
      />
      {making && <SilenceDialog matchers={[]} later={making === "later"} close={() => setMaking(null)} />}
    </>
  );
}

function Row({ silence, may }: { silence: Silence; may: boolean }) {
  const queries = useQueryClient();
  const { data } = useQuery(alerts);
  const { state } = silence.status;
  const muted =
    state === "active" ? (data ?? []).filter((alert) => alert.state === "firing" && mutes(silence.matchers, alert)) : [];
  return (
    <div className="qd-row">
      <Group justify="space-between" align="flex-start" gap="xs">
        <div style={{ minWidth: 0, flex: "1 1 280px" }}>
          <Group gap="xs" mb={2}>
            <StateChip
              state={{ active: "silenced", pending: "waiting", expired: "expired" }[state]}
              text={{ active: "Active", pending: "Planned", expired: "Ended" }[state]}
            />
            <Text fw={600}>{silence.comment}</Text>
          </Group>
          <Text size="sm" className="qd-mono">
            {silence.matchers.map(textOf).join("  ")}
          </Text>
          <Text size="sm" c="dimmed" component="div" mt={2}>
            By {silence.createdBy} · <Clock at={silence.startsAt} /> to <Clock at={silence.endsAt} />
            {state === "active" && (
              <>
                {" "}
                · <Countdown until={silence.endsAt} over="over" /> left
              </>
            )}
            {state === "pending" && (
              <>
                {" "}
                · begins in <Countdown until={silence.startsAt} over="a moment" />
              </>
            )}
            {muted.length > 0 && <strong> · mutes {plural(muted.length, "firing alert")}</strong>}
          </Text>
        </div>
        {may && state !== "expired" && (
          <Confirm
            act={state === "active" ? "End now" : "Cancel it"}
            sure={state === "active" ? "End the silence" : "Cancel the window"}
            run={async () => {
              await remove(`/api/v2/silence/${silence.id}`);
              await queries.invalidateQueries({ queryKey: ["silences"] });
            }}
          />
        )}
      </Group>
    </div>
  );
}
