import { useQuery } from "@tanstack/react-query";
import { alerts } from "../api/queries";
import { Empty } from "../kit/Answer";
import { FilteredList } from "../kit/FilteredList";
import { AlertPages } from "./AlertPages";
import { AlertRow } from "./AlertRow";
import { rankOf } from "./severity";

const order: Record<string, number> = { firing: 0, pending: 1, resolved: 2 };

export function AlertsPage() {
  const answer = useQuery(alerts);
  return (
    <FilteredList
      title="Alerts"
      lead="Rules are evaluated at every new block; a condition must hold for its time before it fires."
      one="alert"
      of={answer}
      words={["Firing and pending", "With resolved"]}
      keyOf={(alert) => alert.id}
      open={(alert) => alert.state === "firing" || alert.state === "pending"}
      order={(a, b) =>
        (order[a.state] ?? 3) - (order[b.state] ?? 3) ||
        rankOf(a.severity) - rankOf(b.severity) ||
        (b.activeAt ?? "").localeCompare(a.activeAt ?? "")
      }
      row={(alert) => <AlertRow alert={alert} />}
      under={<AlertPages />}
      empty={() => (
        <Empty title="Nothing fires or is pending">
          To see one, inject a fault: <code>quarterdeck drill supply-cap-breach</code>.
        </Empty>
      )}
    />
  );
}
