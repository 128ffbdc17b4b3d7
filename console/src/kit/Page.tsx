import { Box, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

/** Heading, standing and actions of a screen, and its content under it. */
export function Page({
  title,
  lead,
  chips,
  actions,
  children,
}: {
  title: string;
  lead?: ReactNode;
  chips?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Quarterdeck`;
  }, [title]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Box style={{ minWidth: 0, flex: "1 1 320px" }}>
          <Group gap="xs" mb={2}>
            <Title order={1}>{title}</Title>
            {chips}
          </Group>
          {lead && (
            <Text component="div" c="dimmed" size="sm">
              {lead}
            </Text>
          )}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
