import { Button, Group, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Failure } from "./Answer";

/** A button that asks once more before it acts; for acts that are easily made again. */
export function Confirm({
  act,
  sure,
  danger,
  run,
}: {
  act: string;
  sure: string;
  danger?: boolean;
  run: () => Promise<unknown>;
}) {
  const [doubt, setDoubt] = useState(false);
  const doing = useMutation({ mutationFn: run, onSuccess: () => setDoubt(false) });
  if (!doubt) {
    return (
      <Button size="xs" variant="default" onClick={() => setDoubt(true)}>
        {act}
      </Button>
    );
  }
  return (
    <Stack gap={6}>
      <Group gap={6}>
        <Button
          size="xs"
          color={danger ? "critical" : undefined}
          loading={doing.isPending}
          onClick={() => doing.mutate()}
          data-autofocus
        >
          {sure}
        </Button>
        <Button size="xs" variant="default" onClick={() => setDoubt(false)}>
          Keep
        </Button>
      </Group>
      {doing.error && <Failure error={doing.error} />}
    </Stack>
  );
}
