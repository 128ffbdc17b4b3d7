import { ActionIcon, Loader, Tooltip } from "@mantine/core";
import { IconChartLine, IconInfoCircle, IconTable } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type CSSProperties, lazy, Suspense, useId, useState } from "react";
import type { DashboardPanel } from "../api/contract";
import { Failure } from "../kit/Answer";
import { Heatmap, States } from "./Bands";
import classes from "./PanelView.module.css";
import { ask, type PanelData, type TimeWindow } from "./series";
import { AlertTable, LabelTable, ValueTable } from "./Tables";
import { Bars, Histogram, Pie, Stats } from "./Values";

const LineChart = lazy(() => import("./LineChart"));
const rowPixels = 30;
const heading = 44;
const legend = 40;

/** One panel of a board: asks its queries, and draws what they answer. */
export function PanelView({
  panel,
  source,
  window,
  refreshSeconds,
  between,
}: {
  panel: DashboardPanel;
  source: string;
  window: TimeWindow;
  refreshSeconds: number;
  between: (from: number, to: number) => void;
}) {
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  const points = Math.max(80, panel.grid.width * 20);
  const answer = useQuery({
    queryKey: ["series", source, panel.id, panel.queries, window.span, window.from, window.to],
    queryFn: () => ask(panel, source, window, points),
    refetchInterval: window.span === null ? false : refreshSeconds * 1000,
    placeholderData: keepPreviousData,
  });
  const charted = panel.overTime;
  const height = Math.max(2, panel.grid.height) * rowPixels;
  return (
    <section
      className={classes.panel}
      aria-labelledby={id}
      data-small={panel.grid.width <= 6 || undefined}
      style={{ "--columns": panel.grid.width, minHeight: height } as CSSProperties}
    >
      <header className={classes.head}>
        <h3 id={id}>{panel.title}</h3>
        {panel.description && (
          <Tooltip label={panel.description} multiline maw={320} events={{ hover: true, focus: true, touch: true }}>
            <ActionIcon size="sm" variant="transparent" color="gray" aria-label={`About ${panel.title}: ${panel.description}`}>
              <IconInfoCircle size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        <span className={classes.space} />
        {charted && (
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-pressed={asTable}
            aria-label={asTable ? `Show ${panel.title} as a chart` : `Show ${panel.title} as a table`}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? <IconChartLine size={15} aria-hidden /> : <IconTable size={15} aria-hidden />}
          </ActionIcon>
        )}
      </header>
      <div className={classes.body}>
        {answer.error ? (
          <Failure error={answer.error} retry={() => void answer.refetch()} />
        ) : answer.data ? (
          <Drawn
            panel={panel}
            data={answer.data}
            asTable={asTable}
            height={Math.max(150, height - heading - legend)}
            between={between}
          />
        ) : (
          <Loader size="sm" role="status" aria-label={`Loading ${panel.title}`} />
        )}
      </div>
    </section>
  );
}

function Drawn({
  panel,
  data,
  asTable,
  height,
  between,
}: {
  panel: DashboardPanel;
  data: PanelData;
  asTable: boolean;
  height: number;
  between: (from: number, to: number) => void;
}) {
  if (panel.kind === "alerts") return <AlertTable data={data} />;
  if (data.lines.length === 0) return <NoData panel={panel} />;
  if (asTable && panel.overTime) return <ValueTable panel={panel} data={data} />;
  switch (panel.kind) {
    case "timeseries":
      return (
        <Suspense fallback={<Loader size="sm" role="status" aria-label={`Loading ${panel.title}`} />}>
          <LineChart
            title={panel.title}
            data={data}
            unit={panel.unit}
            thresholds={panel.thresholds}
            height={height}
            between={between}
          />
        </Suspense>
      );
    case "gauge":
    case "bars":
      return <Bars panel={panel} data={data} />;
    case "pie":
      return <Pie panel={panel} data={data} />;
    case "states":
      return <States panel={panel} data={data} />;
    case "heatmap":
      return <Heatmap panel={panel} data={data} />;
    case "histogram":
      return <Histogram panel={panel} data={data} />;
    case "table":
      return <LabelTable panel={panel} data={data} />;
    default:
      return <Stats panel={panel} data={data} />;
  }
}

function NoData({ panel }: { panel: DashboardPanel }) {
  return (
    <div className={classes.none}>
      <strong>No data in this span</strong>
      <span>
        {panel.overTime
          ? "Choose a longer span. If it stays empty, the metric is not read: see whether its source answers."
          : "The metric is not read now: see whether its source answers."}
      </span>
      <details>
        <summary>{panel.queries.length === 1 ? "Query" : "Queries"}</summary>
        {panel.queries.map(({ query }) => (
          <code key={query} className="qd-mono">
            {query}
          </code>
        ))}
      </details>
    </div>
  );
}
