import { Paper } from "@mantine/core";
import type { MetricStatus } from "../api/contract";
import { group, quantity } from "../kit/format";
import { Sparkline } from "../kit/Sparkline";
import classes from "./Metrics.module.css";

export function Metrics({ metrics }: { metrics: MetricStatus[] }) {
  if (metrics.length === 0) return null;
  return (
    <Paper className={classes.grid} component="section" aria-label="Metrics">
      {metrics.map((metric) => (
        <Metric key={metric.name + JSON.stringify(metric.labels)} metric={metric} />
      ))}
    </Paper>
  );
}

function Metric({ metric }: { metric: MetricStatus }) {
  const labels = Object.values(metric.labels).join(" ");
  const exact = metric.exact ? `exactly ${metric.exact}` : "";
  const block = metric.block === null ? "" : ` at block ${group(metric.block)}`;
  return (
    <div className={classes.cell} title={`${metric.help}\n${exact}${block}`.trim()}>
      <span className={classes.name}>
        {metric.help || metric.name}
        {labels && <span className={classes.labels}> {labels}</span>}
      </span>
      <span className={classes.line}>
        <strong className={classes.value} data-none={metric.value === null || undefined}>
          {quantity(metric.value, metric.unit)}
        </strong>
        <Sparkline values={metric.recent} width={72} />
      </span>
    </div>
  );
}
