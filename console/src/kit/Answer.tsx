import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiProblem } from "../api/client";

/** What went wrong and what to do about it, in the server's words. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof ApiProblem ? error : null;
  return (
    <Alert
      color="critical"
      icon={<IconAlertTriangle aria-hidden />}
      title={problem?.title ?? "Something went wrong"}
      role="alert"
    >
      <Stack gap={6} align="flex-start">
        {(problem?.detail ?? (problem ? null : String(error))) && (
          <Text size="sm">{problem?.detail ?? String(error)}</Text>
        )}
        {problem?.remedy && (
          <Text size="sm" fw={600}>
            {problem.remedy}
          </Text>
        )}
        {retry && (
          <Button size="xs" variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Nothing here, why, and what to do next. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack gap={4} p="lg" align="flex-start">
      <Text fw={600}>{title}</Text>
      {children && (
        <Text size="sm" c="dimmed" component="div">
          {children}
        </Text>
      )}
      {action && <Group mt="xs">{action}</Group>}
    </Stack>
  );
}

/** A query's three faces: waiting, failed, answered. Stale data stays on the page while the connection is lost. */
export function Answer<T>({ of, children }: { of: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <Failure error={of.error} retry={() => void of.refetch()} />;
  return (
    <Stack gap="sm" role="status" aria-busy="true" aria-label="Loading">
      <Skeleton height={72} />
      <Skeleton height={180} />
      <Skeleton height={120} />
    </Stack>
  );
}
