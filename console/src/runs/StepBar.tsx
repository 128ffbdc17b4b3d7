import { Group, Progress, Text } from "@mantine/core";

export function StepBar({ done, total, width = 120 }: { done: number; total: number; width?: number }) {
  return (
    <Group gap={8} wrap="nowrap">
      <Progress
        value={total === 0 ? 0 : (100 * done) / total}
        w={width}
        size="sm"
        color="sea.5"
        aria-label={`${done} of ${total} steps done`}
      />
      <Text size="xs" c="dimmed">
        {done}/{total}
      </Text>
    </Group>
  );
}
