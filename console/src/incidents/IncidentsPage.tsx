import { useQuery } from "@tanstack/react-query";
import { incidents } from "../api/queries";
import { Empty } from "../kit/Answer";
import { FilteredList } from "../kit/FilteredList";
import { IncidentRow } from "./IncidentRow";

export function IncidentsPage() {
  const answer = useQuery(incidents);
  return (
    <FilteredList
      title="Incidents"
      lead="A firing alert opens an incident or joins the one that is open."
      one="incident"
      of={answer}
      words={["Open", "All"]}
      keyOf={(incident) => incident.id}
      open={(incident) => incident.state !== "resolved"}
      row={(incident) => <IncidentRow incident={incident} />}
      empty={(all) => (
        <Empty title={all ? "There was no incident yet" : "No incident is open"}>
          Incidents open by themselves when an alert fires. To practise one:{" "}
          <code>quarterdeck drill supply-cap-breach</code>.
        </Empty>
      )}
    />
  );
}
