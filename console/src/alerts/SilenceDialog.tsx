import {
  ActionIcon,
  Button,
  Group,
  Modal,
  NativeSelect,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { post } from "../api/client";
import { alerts } from "../api/queries";
import { useMe } from "../identity/me";
import { Failure } from "../kit/Answer";
import { plural } from "../kit/format";
import { useNow } from "../kit/now";
import { type Matcher, matcherOf, mutes, type Operator, operatorOf, operators, refusal } from "./silences";

const lengths = [
  { value: "1", label: "1 h" },
  { value: "2", label: "2 h" },
  { value: "8", label: "8 h" },
  { value: "24", label: "24 h" },
  { value: "", label: "Until …" },
];
const hour = 3_600_000;
const local = (at: number) => {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** Sets a silence, or plans a maintenance window, which is one that begins later. */
export function SilenceDialog({
  matchers: given,
  later = false,
  close,
}: {
  matchers: Matcher[];
  later?: boolean;
  close: () => void;
}) {
  const me = useMe();
  const queries = useQueryClient();
  const { data } = useQuery(alerts);
  const now = useNow(10_000);
  const [matchers, setMatchers] = useState(given.length > 0 ? given : [matcherOf("alertname", "=", "")]);
  const [starts, setStarts] = useState(later ? local(now + hour) : "");
  const [hours, setHours] = useState("2");
  const [ends, setEnds] = useState(local(now + 4 * hour));
  const [comment, setComment] = useState("");

  const from = new Date(starts ? Date.parse(starts) : now);
  const to = new Date(hours ? from.getTime() + Number(hours) * hour : Date.parse(ends));
  const why = refusal(matchers, from, to, new Date(now));
  const muted = (data ?? []).filter(
    (alert) => (alert.state === "firing" || alert.state === "pending") && mutes(matchers, alert),
  );
  const set = useMutation({
    mutationFn: () =>
      post("/api/v2/silences", {
        matchers,
        startsAt: (starts ? from : new Date()).toISOString(),
        endsAt: to.toISOString(),
        createdBy: me.operator.name,
        comment: comment.trim(),
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["silences"] });
      close();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!why && comment.trim().length >= 3) set.mutate();
  };
  const change = (index: number, matcher: Matcher) =>
    setMatchers((all) => all.map((old, position) => (position === index ? matcher : old)));

  return (
    <Modal opened onClose={close} title={later ? "Plan a maintenance window" : "Silence alerts"} size="lg">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">
            Nobody is told of alerts that match while it lasts. They still fire, open incidents and stay on this console.
          </Text>
          <Stack gap={6} role="group" aria-label="Matchers">
            {matchers.map((matcher, index) => (
              <Group key={index} gap={6} wrap="nowrap">
                <TextInput
                  aria-label={`Label of matcher ${index + 1}`}
                  value={matcher.name}
                  onChange={(event) => change(index, { ...matcher, name: event.currentTarget.value.trim() })}
                  style={{ flex: "1 1 30%" }}
                  autoCapitalize="none"
                  spellCheck={false}
                />
                <NativeSelect
                  aria-label={`Operator of matcher ${index + 1}`}
                  value={operatorOf(matcher)}
                  onChange={(event) =>
                    change(index, matcherOf(matcher.name, event.currentTarget.value as Operator, matcher.value))
                  }
                  data={[...operators]}
                  w={72}
                />
                <TextInput
                  aria-label={`Value of matcher ${index + 1}`}
                  value={matcher.value}
                  onChange={(event) => change(index, { ...matcher, value: event.currentTarget.value })}
                  style={{ flex: "1 1 50%" }}
                  autoCapitalize="none"
                  spellCheck={false}
                />
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`Remove matcher ${index + 1}`}
                  onClick={() => setMatchers((all) => all.filter((_, position) => position !== index))}
                >
                  <IconX size={16} aria-hidden />
                </ActionIcon>
              </Group>
            ))}
            <Button
              size="xs"
              variant="default"
              style={{ alignSelf: "flex-start" }}
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={() => setMatchers((all) => [...all, matcherOf("", "=", "")])}
            >
              Add matcher
            </Button>
          </Stack>
          <Text size="sm" fw={600} aria-live="polite">
            {muted.length === 0
              ? "No alert that fires or is pending now would be muted."
              : `Mutes now: ${plural(muted.length, "alert")} (${[...new Set(muted.map(({ name }) => name))].join(", ")}).`}
          </Text>
          {later && (
            <TextInput
              type="datetime-local"
              label="Begins"
              value={starts}
              onChange={(event) => setStarts(event.currentTarget.value)}
              required
            />
          )}
          <Stack gap={6}>
            <Text size="sm" fw={500}>
              How long
            </Text>
            <SegmentedControl aria-label="How long" value={hours} onChange={setHours} data={lengths} />
            {!hours && (
              <TextInput
                type="datetime-local"
                label="Ends"
                value={ends}
                onChange={(event) => setEnds(event.currentTarget.value)}
                required
              />
            )}
          </Stack>
          <Textarea
            label="Reason"
            description="Recorded in the audit log and shown beside every alert it mutes"
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
            autosize
            minRows={2}
            maxLength={2000}
            required
          />
          {why && (
            <Text size="sm" c="var(--qd-warning)">
              {why}
            </Text>
          )}
          {set.error && <Failure error={set.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={set.isPending} disabled={why !== null || comment.trim().length < 3}>
              {later ? "Plan the window" : "Silence"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
