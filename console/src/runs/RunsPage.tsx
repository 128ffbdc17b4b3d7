import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { runs } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { plural } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { RunRow } from "./RunRow";
import { isOver } from "./states";

export function RunsPage() {
  const answer = useQuery(runs);
  return (
    <Page
      title="Runs"
      lead="Each run is one execution of a runbook: journaled, resumed after a crash, never sending anything twice."
    >
      <Answer of={answer}>
        {(all) => {
          const active = all.filter((run) => !isOver(run.state));
          const over = all.filter((run) => isOver(run.state));
          return (
            <>
              <Panel title={plural(active.length, "active run")} flush>
                {active.length === 0 ? (
                  <Empty title="No run is active">
                    Propose one from <Link to="/runbooks">a runbook</Link> or from an incident.
                  </Empty>
                ) : (
                  active.map((run) => <RunRow key={run.id} run={run} />)
                )}
              </Panel>
              {over.length > 0 && (
                <Panel title="Finished" flush>
                  {over.map((run) => (
                    <RunRow key={run.id} run={run} />
                  ))}
                </Panel>
              )}
            </>
          );
        }}
      </Answer>
    </Page>
  );
}
