import { Group, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Delivery, NotificationPlan, Receiver } from "../api/contract";
import { notifications } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { plural, span } from "../kit/format";
import { Findings } from "../kit/Findings";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { Ago, Clock, Countdown } from "../kit/Time";
import { AlertPages } from "./AlertPages";

export function NotificationsPage() {
  const answer = useQuery(notifications);
  return (
    <Page title="Notifications" lead="Who is told of which alerts, by which channel, and what was not accepted.">
      <AlertPages />
      <Answer of={answer}>
        {(data) => (
          <Stack gap="md">
            <Findings findings={data.findings} />
            {data.plans.length === 0 && (
              <Panel title="Receivers" flush>
                <Empty title="Nobody is told of any alert">
                  Put Alertmanager's configuration (route, receivers, inhibit_rules, time_intervals) into{" "}
                  <code>notifications.yaml</code> of a pack, or name one for all packs in{" "}
                  <code>QUARTERDECK_NOTIFICATIONS</code>, and start the server again.
                </Empty>
              </Panel>
            )}
            {data.plans.map((plan) => (
              <Plan key={plan.name} plan={plan} />
            ))}
            <Panel title="Latest notifications" flush>
              {data.deliveries.length === 0 ? (
                <Empty title="Nothing was sent yet">
                  {data.plans.length === 0
                    ? "There is no receiver to send to."
                    : "The first alert that fires and finds a route with a channel will be the first."}
                </Empty>
              ) : (
                data.deliveries.map((delivery) => <DeliveryRow key={delivery.id} delivery={delivery} />)
              )}
            </Panel>
          </Stack>
        )}
      </Answer>
    </Page>
  );
}

function Plan({ plan }: { plan: NotificationPlan }) {
  return (
    <>
      <Panel title={`Receivers · ${plan.name}`} flush>
        {plan.receivers.map((receiver) => (
          <ReceiverRow key={receiver.name} receiver={receiver} />
        ))}
      </Panel>
      <Panel title={`Routes · ${plan.name}`} flush>
        <div style={{ overflowX: "auto" }} tabIndex={0} role="region" aria-label={`Routes of ${plan.name}`}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Alerts with</Table.Th>
                <Table.Th>Tell</Table.Th>
                <Table.Th>Grouped by</Table.Th>
                <Table.Th>Again after</Table.Th>
                <Table.Th>Hours</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {plan.routes.map((route, index) => (
                <Table.Tr key={index}>
                  <Table.Td className="qd-mono" style={{ paddingLeft: 16 + route.depth * 18 }}>
                    {route.matchers.join(" ") || (route.depth === 0 ? "anything" : "anything that comes here")}
                  </Table.Td>
                  <Table.Td>{route.receiver}</Table.Td>
                  <Table.Td>{route.groupBy === null ? "every label" : route.groupBy.join(", ") || "one group"}</Table.Td>
                  <Table.Td>{span(route.repeatSeconds * 1000)}</Table.Td>
                  <Table.Td>
                    {route.muted ? (
                      <StateChip state="silenced" text="Muted now" />
                    ) : route.muteHours.length + route.activeHours.length === 0 ? (
                      "always"
                    ) : (
                      [
                        ...route.activeHours.map((name) => `only ${name}`),
                        ...route.muteHours.map((name) => `not ${name}`),
                      ].join(", ")
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
        {plan.inhibitions.map((rule, index) => (
          <Text key={index} size="sm" c="dimmed" px="md" py={6} className="qd-mono">
            {rule.target.join(" ")} is not told while {rule.source.join(" ")} fires
            {rule.equal.length > 0 && ` with the same ${rule.equal.join(", ")}`}
          </Text>
        ))}
      </Panel>
    </>
  );
}

function ReceiverRow({ receiver }: { receiver: Receiver }) {
  return (
    <div className="qd-row">
      <Group gap="xs">
        <Text fw={600}>{receiver.name}</Text>
        {receiver.fallback && (
          <Text size="sm" c="dimmed">
            where it fails, {receiver.fallback} is told
          </Text>
        )}
      </Group>
      {receiver.channels.length === 0 && (
        <Text size="sm" c="dimmed">
          No channel: what is routed here is told to nobody.
        </Text>
      )}
      {receiver.channels.map((channel) => (
        <Group key={channel.name} gap="xs" mt={4}>
          <StateChip
            state={channel.failing ? "failed" : channel.lastSentAt ? "up" : "inactive"}
            text={channel.failing ? "Refuses" : channel.lastSentAt ? "Accepts" : "Not used yet"}
          />
          <Text size="sm" className="qd-mono">
            {channel.name}
          </Text>
          <Text size="sm" c="dimmed" component="div">
            {plural(channel.sentToday, "sent", "sent")}
            {channel.failedToday > 0 && `, ${channel.failedToday} given up`} in 24 h
            {channel.waiting > 0 && ` · ${channel.waiting} waiting`}
            {channel.lastSentAt && (
              <>
                {" "}
                · last <Ago at={channel.lastSentAt} />
              </>
            )}
          </Text>
        </Group>
      ))}
    </div>
  );
}

function DeliveryRow({ delivery }: { delivery: Delivery }) {
  return (
    <div className="qd-row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <Group gap="xs">
          <StateChip state={{ sent: "succeeded", superseded: "skipped" }[delivery.state] ?? delivery.state} text={{
            sent: "Accepted",
            waiting: delivery.attempts > 0 ? "Trying again" : "Waiting",
            failed: "Given up",
            superseded: "Overtaken",
          }[delivery.state]} />
          <Text fw={600}>{delivery.alerts.join(", ") || "No alert"}</Text>
        </Group>
        <Text size="sm" c="dimmed">
          <Clock at={delivery.createdAt} />
        </Text>
      </Group>
      <Text size="sm" c="dimmed" mt={2} component="div">
        To {delivery.receiver} by <span className="qd-mono">{delivery.channel}</span> ·{" "}
        {[
          delivery.firing > 0 && `${delivery.firing} firing`,
          delivery.resolved > 0 && `${delivery.resolved} ended`,
        ]
          .filter(Boolean)
          .join(", ") || "about a channel"}{" "}
        · {plural(delivery.attempts, "attempt")}
        {delivery.nextAttemptAt && delivery.attempts > 0 && (
          <>
            {" "}
            · again in <Countdown until={delivery.nextAttemptAt} over="a moment" />
          </>
        )}
      </Text>
      {delivery.error && (
        <Text size="sm" c="var(--qd-critical)" style={{ overflowWrap: "anywhere" }}>
          {delivery.error}
        </Text>
      )}
    </div>
  );
}
