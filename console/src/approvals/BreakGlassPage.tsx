import { Button, Group, Modal, SegmentedControl, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { post } from "../api/client";
import type { BrokenGlass } from "../api/contract";
import { brokenGlass } from "../api/queries";
import { useMay, useMe } from "../identity/me";
import { Answer, Empty, Failure } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { person } from "../kit/format";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { Clock } from "../kit/Time";
import { ApprovalPages } from "./ApprovalPages";

export function BreakGlassPage() {
  const answer = useQuery(brokenGlass);
  const [reviewing, setReviewing] = useState<BrokenGlass | null>(null);
  return (
    <Page title="Approvals" lead="Where one person acted alone in an emergency. Each time is reviewed by another.">
      <ApprovalPages />
      <Answer of={answer}>
        {(all) => (
          <Panel title="Break-glass" flush>
            {all.length === 0 && (
              <Empty title="Nobody has acted alone">
                It is offered on a plan whose policy names a role for it under <code>breakGlass</code>.
              </Empty>
            )}
            {all.map((glass) => (
              <Row key={glass.plan} glass={glass} review={() => setReviewing(glass)} />
            ))}
          </Panel>
        )}
      </Answer>
      {reviewing && <Review glass={reviewing} close={() => setReviewing(null)} />}
    </Page>
  );
}

function Row({ glass, review }: { glass: BrokenGlass; review: () => void }) {
  const { operator } = useMe();
  const own = glass.operator === operator.id || glass.operator === operator.name;
  const may = useMay("plans.review") && !own && !glass.reviewedBy.includes(operator.id);
  return (
    <div className="qd-row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <Group gap="xs">
          <StateChip
            state={glass.reviewed ? "succeeded" : "open"}
            text={glass.reviewed ? "Reviewed" : "Not reviewed yet"}
          />
          <Text fw={600}>{person(glass.operator)} acted alone</Text>
          <Text size="sm" c="dimmed">
            <Clock at={glass.at} />
          </Text>
        </Group>
        {may && (
          <Button size="xs" onClick={review}>
            Review it
          </Button>
        )}
      </Group>
      <Text size="sm" mt={4}>
        {glass.reason}
      </Text>
      {glass.reviewedBy.map((reviewer, index) => (
        <Text key={reviewer} size="sm" mt={2}>
          {person(reviewer)}: {glass.verdicts[index]}
        </Text>
      ))}
      <Text size="sm" c="dimmed" mt={2}>
        <Link to={`/plans/${glass.plan}`}>The plan</Link> · <Link to={`/runs/${glass.run}`}>the run</Link>
        {own && !glass.reviewed && " · another person must review it"}
      </Text>
    </div>
  );
}

function Review({ glass, close }: { glass: BrokenGlass; close: () => void }) {
  const queries = useQueryClient();
  const [verdict, setVerdict] = useState("");
  const [note, setNote] = useState("");
  const sign = useMutation({
    mutationFn: () =>
      post(`/api/plans/${glass.plan}/break-glass/reviews`, { justified: verdict === "yes", note: note.trim() }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["break-glass"] });
      close();
    },
  });
  const ready = verdict !== "" && note.trim().length >= 3;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) sign.mutate();
  };
  return (
    <Modal opened onClose={close} title={`Review: ${person(glass.operator)} acted alone`} centered>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">{glass.reason}</Text>
          <SegmentedControl
            aria-label="Was it justified?"
            value={verdict}
            onChange={setVerdict}
            data={[
              { value: "yes", label: "Justified" },
              { value: "no", label: "Not justified" },
            ]}
          />
          <Textarea
            label="What you found"
            description="Recorded in the audit log"
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            autosize
            minRows={2}
            maxLength={2000}
            required
          />
          {sign.error && <Failure error={sign.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" disabled={!ready} loading={sign.isPending}>
              Record the review
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
