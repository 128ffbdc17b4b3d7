import { Alert, Stack, Text } from "@mantine/core";
import { IconFileAlert } from "@tabler/icons-react";
import type { Finding } from "../api/contract";
import { plural } from "../kit/format";

/** What the server refused at start, by file and line; the other packs go on. */
export function RefusedPacks({ findings }: { findings: Finding[] }) {
  if (findings.length === 0) return null;
  return (
    <Alert
      color="warning"
      icon={<IconFileAlert aria-hidden />}
      title={`${plural(findings.length, "finding")} kept something from loading`}
    >
      <Stack gap={6}>
        {findings.slice(0, 10).map((finding) => (
          <Text size="sm" component="div" key={`${finding.file}:${finding.line}:${finding.message}`}>
            <span className="qd-mono">
              {finding.file}
              {finding.line === null ? "" : `:${finding.line}`}
            </span>{" "}
            {finding.message} {finding.remedy && <strong>{finding.remedy}</strong>}
          </Text>
        ))}
      </Stack>
    </Alert>
  );
}
