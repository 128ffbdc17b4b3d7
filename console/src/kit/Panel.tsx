import { Group, Paper, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

/** A titled part of a page. */
export function Panel({
  title,
  aside,
  children,
  flush,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  flush?: boolean;
}) {
  const id = useId();
  return (
    <Paper component="section" aria-labelledby={id} style={{ overflow: "hidden" }}>
      <Group
        justify="space-between"
        px="md"
        py={10}
        gap="xs"
        style={{ borderBottom: "1px solid var(--mantine-color-default-border)" }}
      >
        <Title order={2} id={id} className="qd-label">
          {title}
        </Title>
        {aside}
      </Group>
      <div style={flush ? undefined : { padding: 16 }}>{children}</div>
    </Paper>
  );
}
