import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { operators } from "../api/queries";
import { Answer } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { Ago } from "../kit/Time";
import { Credentials } from "./Credentials";
import { useMe } from "./me";
import { Sessions } from "./Sessions";

export function OperatorsPage() {
  const answer = useQuery(operators);
  const me = useMe();
  return (
    <Page title="Operators" lead="People who may sign in, and what each may do. One person signs a plan once.">
      <Credentials />
      <Sessions />
      <Answer of={answer}>
        {(all) => (
          <Panel title={`Everyone (${all.length})`} flush>
            {all.map((operator) => (
              <div key={operator.id} className="qd-row">
                <Group justify="space-between" gap="xs">
                  <Group gap="xs">
                    <Text fw={600}>{operator.name}</Text>
                    {operator.name === me.operator.name && (
                      <Text size="sm" c="dimmed">
                        you
                      </Text>
                    )}
                    {operator.removedAt && <StateChip state="aborted" text="Removed" />}
                  </Group>
                  <Text size="sm" c="dimmed">
                    {operator.lastSeenAt ? (
                      <>
                        seen <Ago at={operator.lastSeenAt} />
                      </>
                    ) : (
                      "never signed in"
                    )}
                  </Text>
                </Group>
                <Stack gap={0}>
                  <Text size="sm">{operator.roles.join(", ") || "no role"}</Text>
                  <Text size="sm" c="dimmed">
                    {operator.credentialKinds.length === 0
                      ? "cannot sign yet"
                      : `signs with ${operator.credentialKinds.join(", ")}`}
                  </Text>
                </Stack>
              </div>
            ))}
          </Panel>
        )}
      </Answer>
    </Page>
  );
}
