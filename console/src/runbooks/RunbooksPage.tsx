import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { runbooks } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { SeverityChip } from "../kit/Chip";
import { plural } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";

export function RunbooksPage() {
  const answer = useQuery(runbooks);
  return (
    <Page
      title="Runbooks"
      lead="Markdown that runs: every fenced line is a typed step, checked against the live contracts."
    >
      <Answer of={answer}>
        {(all) => {
          const packs = [...new Set(all.map((runbook) => runbook.pack))];
          if (all.length === 0)
            return (
              <Panel title="Runbooks" flush>
                <Empty title="No pack has a runbook">
                  Put a Markdown file into the <code>runbooks</code> folder of a pack and start the server again.
                </Empty>
              </Panel>
            );
          return packs.map((pack) => (
            <Panel key={pack} title={pack} flush>
              {all
                .filter((runbook) => runbook.pack === pack)
                .map((runbook) => (
                  <Link key={runbook.slug} to={`/runbooks/${runbook.pack}/${runbook.slug}`} className="qd-row">
                    <Group justify="space-between" gap="xs">
                      <Group gap="xs">
                        {runbook.severity && <SeverityChip severity={runbook.severity} />}
                        <Text fw={600}>{runbook.title}</Text>
                      </Group>
                      <Text size="sm" c="dimmed">
                        {plural(runbook.steps, "step")} · {plural(runbook.writes, "write")}
                      </Text>
                    </Group>
                    {runbook.alerts.length > 0 && (
                      <Text size="sm" c="dimmed" mt={2}>
                        For {runbook.alerts.join(", ")}
                      </Text>
                    )}
                  </Link>
                ))}
            </Panel>
          ));
        }}
      </Answer>
    </Page>
  );
}
