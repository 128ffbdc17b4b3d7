import { Button, Group, Paper, Text } from "@mantine/core";
import { IconArrowRight, IconHandStop, IconSignature } from "@tabler/icons-react";
import { Link } from "react-router";
import type { RunSummary } from "../api/contract";
import { useMay } from "../identity/me";
import { plural } from "../kit/format";
import { Countdown } from "../kit/Time";
import classes from "./NextActions.module.css";

/** What waits for a person now, before anything else on the page. */
export function NextActions({ runs }: { runs: RunSummary[] }) {
  const mayApprove = useMay("plans.approve");
  const waiting = runs.filter((run) => run.pendingPlan || run.state === "waiting" || run.state === "paused");
  if (waiting.length === 0) return null;
  return (
    <section aria-label="What waits for you" className={classes.stack}>
      {waiting.map((run) => {
        const plan = run.pendingPlan;
        const missing = plan ? Math.max(0, plan.required - plan.approvals) : 0;
        return (
          <Paper key={run.id} className={classes.action}>
            <Group gap="sm" wrap="nowrap" align="flex-start" style={{ minWidth: 0, flex: "1 1 280px" }}>
              <span className={classes.icon}>
                {plan ? <IconSignature size={22} aria-hidden /> : <IconHandStop size={22} aria-hidden />}
              </span>
              <div>
                <Text fw={600}>
                  {plan ? `${plural(missing, "approval")} needed` : "A step waits"}: {run.title}
                </Text>
                <Text size="sm" c="dimmed" component="div">
                  {plan ? (
                    <>
                      {plan.approvals} of {plan.required} signed · <Countdown until={plan.expiresAt} over="expired" />{" "}
                      left
                    </>
                  ) : (
                    <>
                      {run.stepsDone} of {run.stepsTotal} steps done
                    </>
                  )}
                </Text>
              </div>
            </Group>
            <Button
              component={Link}
              to={plan ? `/plans/${plan.hash}` : `/runs/${run.id}`}
              rightSection={<IconArrowRight size={16} aria-hidden />}
            >
              {plan ? (mayApprove ? "Review and approve" : "Review plan") : "Open run"}
            </Button>
          </Paper>
        );
      })}
    </section>
  );
}
