import { Grid } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import type { RunbookDetail } from "../api/contract";
import { runbook } from "../api/queries";
import { Answer } from "../kit/Answer";
import { SeverityChip } from "../kit/Chip";
import { plural, sentence, short } from "../kit/format";
import { Findings } from "../kit/Findings";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { ProposeRun } from "./ProposeRun";
import classes from "./RunbookPage.module.css";

export function RunbookPage() {
  const { pack = "", slug = "" } = useParams();
  const answer = useQuery(runbook(pack, slug));
  return <Answer of={answer}>{(data) => <Loaded data={data} />}</Answer>;
}

function Loaded({ data }: { data: RunbookDetail }) {
  const [line, setLine] = useState<number | null>(null);
  return (
    <Page
      title={data.title}
      chips={data.severity && <SeverityChip severity={data.severity} />}
      lead={
        <>
          {plural(data.steps.length, "step")}, {plural(data.writes, "write")}
          {data.policy && <> · policy {data.policy}</>}
          {data.alerts.length > 0 && <> · for {data.alerts.join(", ")}</>} ·{" "}
          <span className="qd-mono">{short(data.hash)}</span>
        </>
      }
      actions={<ProposeRun pack={data.pack} slug={data.slug} title={data.title} />}
    >
      <Findings findings={data.findings} here />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Panel title="What was understood" flush>
            <ol className={classes.steps}>
              {data.steps.map((step) => (
                <li key={step.index} data-on={line === step.line || undefined}>
                  <button type="button" className={classes.step} onClick={() => setLine(step.line)}>
                    <span className={classes.number}>{step.index + 1}</span>
                    <span className={classes.kind} data-kind={step.kind}>
                      {sentence(step.kind)}
                    </span>
                    <span className={classes.text}>
                      <span className={step.kind === "manual" ? undefined : "qd-mono"}>{step.text}</span>
                      {step.detail && <span className={classes.detail}>{step.detail}</span>}
                      {step.onFailure && <span className={classes.detail}>On failure: {step.onFailure}</span>}
                    </span>
                  </button>
                </li>
              ))}
            </ol>
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Panel title="Source" flush>
            <Source text={data.source} lines={new Set(data.steps.map((step) => step.line))} on={line} />
          </Panel>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

/** The Markdown as written, by line; text only, so nothing in it can run here. */
function Source({ text, lines, on }: { text: string; lines: Set<number>; on: number | null }) {
  return (
    <section className={classes.source} tabIndex={0} aria-label="Source of the runbook">
      {text.split("\n").map((content, index) => {
        const number = index + 1;
        return (
          <div
            key={number}
            className={classes.line}
            data-step={lines.has(number) || undefined}
            data-on={on === number || undefined}
            ref={on === number ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
          >
            <span className={classes.gutter} aria-hidden>
              {number}
            </span>
            <code>{content || " "}</code>
          </div>
        );
      })}
    </section>
  );
}
