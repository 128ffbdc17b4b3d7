import { Group, Text } from "@mantine/core";
import type { Finding } from "../api/contract";
import { SeverityChip } from "./Chip";
import { Panel } from "./Panel";

const severities: Record<string, string> = { error: "critical", warning: "warning" };

/** What the checker found, by file and line; `here` leaves the file out where the page is about it. */
export function Findings({ findings, here }: { findings: Finding[]; here?: boolean }) {
  if (findings.length === 0) return null;
  return (
    <Panel title={`The checker says (${findings.length})`} flush>
      {findings.map((finding) => (
        <div key={`${finding.file}-${finding.line}-${finding.code}-${finding.message}`} className="qd-row">
          <Group gap="xs" align="flex-start" wrap="nowrap">
            <SeverityChip severity={severities[finding.severity] ?? "info"} />
            <Text size="sm" component="div" style={{ overflowWrap: "anywhere", minWidth: 0 }}>
              {!here && <span className="qd-mono">{finding.file} </span>}
              {finding.line !== null && <span className="qd-mono">line {finding.line}: </span>}
              {finding.message} {finding.remedy && <strong>{finding.remedy}</strong>}
            </Text>
          </Group>
        </div>
      ))}
    </Panel>
  );
}
