import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { post, remove } from "../api/client";
import { sessions } from "../api/queries";
import { Answer, Failure } from "../kit/Answer";
import { Panel } from "../kit/Panel";
import { Ago, Countdown } from "../kit/Time";
import { forget } from "./me";

export function Sessions() {
  const answer = useQuery(sessions);
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["sessions"] });
  const end = useMutation({ mutationFn: (id: string) => remove(`/api/sessions/${id}`), onSuccess: refresh });
  const endAll = useMutation({
    mutationFn: () => post("/api/auth/signout-everywhere"),
    onSuccess: () => forget(queries),
  });
  return (
    <Panel
      title="Where you are signed in"
      flush
      aside={
        <Button size="xs" variant="default" loading={endAll.isPending} onClick={() => endAll.mutate()}>
          Sign out everywhere
        </Button>
      }
    >
      {(end.error ?? endAll.error) && <Failure error={end.error ?? endAll.error} />}
      <Answer of={answer}>
        {(all) =>
          all.map((session) => (
            <Group key={session.id} className="qd-row" justify="space-between" gap="xs">
              <div>
                <Text fw={500}>
                  {session.agent || "Unknown browser"}
                  {session.current && (
                    <Text span c="dimmed" size="sm">
                      {" "}
                      this session
                    </Text>
                  )}
                </Text>
                <Text size="sm" c="dimmed">
                  By {session.method}, seen <Ago at={session.lastSeenAt} />, ends in{" "}
                  <Countdown until={session.expiresAt} over="a moment" />
                </Text>
              </div>
              {!session.current && (
                <Button
                  size="xs"
                  variant="default"
                  loading={end.isPending && end.variables === session.id}
                  onClick={() => end.mutate(session.id)}
                >
                  End
                </Button>
              )}
            </Group>
          ))
        }
      </Answer>
    </Panel>
  );
}
