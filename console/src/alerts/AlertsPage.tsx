import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { alerts } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { plural } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { AlertRow } from "./AlertRow";

const rank: Record<string, number> = { critical: 0, high: 1, warning: 2, medium: 2, low: 3, info: 4 };
const order: Record<string, number> = { firing: 0, pending: 1, resolved: 2 };

export function AlertsPage() {
  const answer = useQuery(alerts);
  const [show, setShow] = useState("active");
  return (
    <Page
      title="Alerts"
      lead="Rules are evaluated at every new block; a condition must hold for its time before it fires."
      actions={
        <SegmentedControl
          value={show}
          onChange={setShow}
          aria-label="Which alerts"
          data={[
            { value: "active", label: "Firing and pending" },
            { value: "all", label: "With resolved" },
          ]}
        />
      }
    >
      <Answer of={answer}>
        {(all) => {
          const shown = all
            .filter((alert) => show === "all" || alert.state === "firing" || alert.state === "pending")
            .sort(
              (a, b) =>
                (order[a.state] ?? 3) - (order[b.state] ?? 3) ||
                (rank[a.severity.toLowerCase()] ?? 5) - (rank[b.severity.toLowerCase()] ?? 5) ||
                (b.activeAt ?? "").localeCompare(a.activeAt ?? ""),
            );
          return (
            <Panel title={plural(shown.length, "alert")} flush>
              {shown.length === 0 ? (
                <Empty title="Nothing fires or is pending">
                  To see one, inject a fault: quarterdeck drill supply-cap-breach.
                </Empty>
              ) : (
                shown.map((alert) => <AlertRow key={alert.id} alert={alert} />)
              )}
            </Panel>
          );
        }}
      </Answer>
    </Page>
  );
}
