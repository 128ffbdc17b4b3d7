import { Button, Code, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { post } from "../api/client";
import type { Run, RunStep } from "../api/contract";
import { useMay } from "../identity/me";
import { StateChip } from "../kit/Chip";
import { group, sentence, span } from "../kit/format";
import { Hash } from "../kit/Hash";
import { useNow } from "../kit/now";
import { ReasonDialog } from "../kit/ReasonDialog";
import { Countdown } from "../kit/Time";
import classes from "./StepList.module.css";

/** Steps in order with their state and evidence; `compact` leaves finished outputs out. */
export function StepList({ run, compact }: { run: Run; compact?: boolean }) {
  return (
    <ol className={classes.list} aria-live="polite">
      {run.steps.map((step) => (
        <Step key={step.index} run={run} step={step} compact={compact} />
      ))}
    </ol>
  );
}

const wording = (step: RunStep) =>
  step.kind === "approve" ? `Approval: ${step.text.replace(/^>?\s*approve:\s*/i, "")}` : step.text;
const code = new Set(["read", "write", "call", "send", "service", "database", "http", "external", "check"]);

function Step({ run, step, compact }: { run: Run; step: RunStep; compact?: boolean }) {
  const plan = run.plans.find((candidate) => candidate.state === "pending");
  return (
    <li className={classes.step} data-state={step.state}>
      <span className={classes.number}>{step.index + 1}</span>
      <div className={classes.body}>
        <div className={classes.head}>
          <span className={code.has(step.kind) ? `qd-mono ${classes.code}` : classes.text}>{wording(step)}</span>
          <span className={classes.chips}>
            <Elapsed step={step} />
            <StateChip state={step.state} />
          </span>
        </div>
        <Text size="xs" c="dimmed">
          {sentence(step.kind)}
          {step.line !== null && ` · line ${step.line}`}
        </Text>
        {step.transaction && <TransactionLine step={step} />}
        {step.error && (
          <Text size="sm" className={classes.error} role="alert">
            {step.error}
          </Text>
        )}
        {step.output && (!compact || step.state !== "done") && <Output step={step} />}
        {step.waitUntil && step.state === "waiting" && (
          <Text size="sm" mt={4}>
            Goes on in <Countdown until={step.waitUntil} over="a moment" />
          </Text>
        )}
        {plan && step.state === "waiting" && ["approve", "send", "write"].includes(step.kind) && (
          <Text size="sm" mt={4}>
            {plan.approvals} of {plan.required} approvals. <Link to={`/plans/${plan.hash}`}>Review the plan</Link>
          </Text>
        )}
        {step.run && (
          <Text size="sm" mt={4}>
            <Link to={`/runs/${step.run}`}>Open the run inside</Link>
          </Text>
        )}
        {step.state === "waiting" && step.kind === "manual" && <Confirm run={run} step={step} />}
        {step.state === "waiting" && step.kind === "decision" && <Choose run={run} step={step} />}
        {step.asked && <Resolve run={run} step={step} />}
      </div>
    </li>
  );
}

/** What a step answered: open while it matters, folded away once it is done. */
function Output({ step }: { step: RunStep }) {
  const text = (
    <Code block className={classes.output}>
      {step.output}
    </Code>
  );
  if (step.state !== "done") return text;
  return (
    <details className={classes.folded}>
      <summary>{step.output?.split("\n", 1)[0]}</summary>
      {text}
    </details>
  );
}

function Elapsed({ step }: { step: RunStep }) {
  const now = useNow();
  if (!step.startedAt || step.state === "pending" || step.state === "skipped") return null;
  const end = step.endedAt ? Date.parse(step.endedAt) : now;
  const elapsed = end - Date.parse(step.startedAt);
  return <span className={classes.elapsed}>{elapsed < 1000 ? "< 1 s" : span(elapsed)}</span>;
}

function TransactionLine({ step }: { step: RunStep }) {
  const transaction = step.transaction;
  if (!transaction) return null;
  return (
    <div className={classes.transaction}>
      <span className="qd-label">Transaction</span>
      {transaction.hash ? <Hash value={transaction.hash} label="transaction hash" /> : <span>not signed yet</span>}
      <span>{transaction.block === null ? sentence(transaction.state) : `block ${group(transaction.block)}`}</span>
      {transaction.error && <span className={classes.error}>{transaction.error}</span>}
    </div>
  );
}

/** A person decides, where nothing could be measured. */
function Choose({ run, step }: { run: Run; step: RunStep }) {
  const [branch, setBranch] = useState<number | null>(null);
  const queries = useQueryClient();
  const branches = step.branches ?? [];
  if (!useMay("runs.operate")) return null;
  return (
    <>
      <Group gap="xs" mt={8}>
        {[...branches, "None of them"].map((text, index) => (
          <Button key={text} size="xs" variant="default" onClick={() => setBranch(index)}>
            {text}
          </Button>
        ))}
      </Group>
      <ReasonDialog
        opened={branch !== null}
        close={() => setBranch(null)}
        title="Choose what holds"
        label="Why?"
        act="Choose"
        explain={branch === null ? "" : (branches[branch] ?? "None of them")}
        run={async (reason) => {
          await post(`/api/runs/${run.id}/steps/${step.index}/branch`, { branch, reason });
          await queries.invalidateQueries({ queryKey: ["runs"] });
        }}
      />
    </>
  );
}

/** An effect whose outcome was lost: only a person can say whether it came about. */
function Resolve({ run, step }: { run: Run; step: RunStep }) {
  const [happened, setHappened] = useState<boolean | null>(null);
  const queries = useQueryClient();
  if (!useMay("runs.operate")) return null;
  return (
    <>
      <Group gap="xs" mt={8}>
        <Button size="xs" onClick={() => setHappened(true)}>
          It came about
        </Button>
        <Button size="xs" variant="default" onClick={() => setHappened(false)}>
          It did not: do it again
        </Button>
      </Group>
      <ReasonDialog
        opened={happened !== null}
        close={() => setHappened(null)}
        title={happened ? "The effect came about" : "The effect did not come about"}
        label="How do you know?"
        act="Record"
        explain={step.text}
        run={async (text) => {
          await post(`/api/runs/${run.id}/steps/${step.index}/resolve`, { happened, text });
          await queries.invalidateQueries({ queryKey: ["runs"] });
        }}
      />
    </>
  );
}

function Confirm({ run, step }: { run: Run; step: RunStep }) {
  const [opened, { open, close }] = useDisclosure(false);
  const queries = useQueryClient();
  if (!useMay("runs.operate")) return null;
  return (
    <>
      <Button size="xs" mt={8} onClick={open}>
        Confirm this step
      </Button>
      <ReasonDialog
        opened={opened}
        close={close}
        title="Confirm a manual step"
        label="What did you do or see?"
        act="Confirm"
        explain={step.text}
        run={async (text) => {
          await post(`/api/runs/${run.id}/steps/${step.index}/confirm`, { text });
          await queries.invalidateQueries({ queryKey: ["runs"] });
        }}
      />
    </>
  );
}
