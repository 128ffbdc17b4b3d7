import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { incidents } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { plural } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { IncidentRow } from "./IncidentRow";

export function IncidentsPage() {
  const answer = useQuery(incidents);
  const [show, setShow] = useState("open");
  return (
    <Page
      title="Incidents"
      lead="A firing alert opens an incident or joins the one that is open."
      actions={
        <SegmentedControl
          value={show}
          onChange={setShow}
          aria-label="Which incidents"
          data={[
            { value: "open", label: "Open" },
            { value: "all", label: "All" },
          ]}
        />
      }
    >
      <Answer of={answer}>
        {(all) => {
          const shown = all.filter((incident) => show === "all" || incident.state !== "resolved");
          return (
            <Panel title={plural(shown.length, "incident")} flush>
              {shown.length === 0 ? (
                <Empty title={show === "open" ? "No incident is open" : "There was no incident yet"}>
                  Incidents open by themselves when an alert fires. To practise one: quarterdeck drill
                  supply-cap-breach.
                </Empty>
              ) : (
                shown.map((incident) => <IncidentRow key={incident.id} incident={incident} />)
              )}
            </Panel>
          );
        }}
      </Answer>
    </Page>
  );
}
