import { useComputedColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { PanelThreshold } from "../api/contract";
import { quantity } from "../kit/format";
import { moment, timeLabel, valueLabels } from "./axis";
import classes from "./LineChart.module.css";
import { colorNamed, hueOf, hues, ink } from "./palette";
import { last, type PanelData } from "./series";

const dashes: (number[] | undefined)[] = [undefined, [6, 3], [2, 3]];

/** Lines over time. The pointer or the arrow keys read values; dragging over a stretch zooms into it. */
export default function LineChart({
  title,
  data,
  unit,
  thresholds,
  height,
  dots = false,
  between,
}: {
  title: string;
  data: PanelData;
  unit: string;
  thresholds: PanelThreshold[];
  height: number;
  /** Marks each point: where there are few of them. */
  dots?: boolean;
  between?: (from: number, to: number) => void;
}) {
  const scheme = useComputedColorScheme("light");
  const { ref: box, width } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const zoom = useRef(between);
  const [at, setAt] = useState<{ index: number; left: number } | null>(null);
  const [inside, setInside] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const aligned = useMemo(
    () => [data.times, ...data.lines.map((line) => line.values)] as uPlot.AlignedData,
    [data],
  );
  // A chart is built anew only when what it is made of changes; new values go into the one there is.
  const names = data.lines.map((line) => line.name).join("\n");
  const bounds = JSON.stringify(thresholds);
  const drawable = width > 0;

  useEffect(() => {
    zoom.current = between;
  }, [between]);

  useEffect(() => {
    if (!drawable || !canvas.current) return;
    const axis = {
      stroke: ink("--mantine-color-dimmed"),
      font: '11px "IBM Plex Sans Variable", system-ui, sans-serif',
      grid: { stroke: ink("--qd-grid"), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: canvas.current.clientWidth,
        height,
        padding: [8, 8, 0, 0],
        legend: { show: false },
        cursor: {
          drag: { x: true, y: false, setScale: false },
          points: { size: 7 },
          sync: { key: "board" },
          y: false,
        },
        scales: { y: { range: (_, low, high) => rangeOf(low, high) } },
        axes: [
          { ...axis, size: 26, gap: 4, values: (_, splits, __, ___, increment) => splits.map((split) => timeLabel(split, increment)) },
          {
            ...axis,
            size: (_, values) => 14 + 6.4 * Math.max(2, ...(values ?? []).map((value) => value.length)),
            values: (_, splits) => valueLabels(splits, unit),
          },
        ],
        series: [
          {},
          ...names.split("\n").map((name, index) => ({
            label: name,
            stroke: ink(hueOf(index)),
            width: 1.75,
            dash: dashes[Math.floor(index / hues) % dashes.length],
            points: { show: dots, size: 6, filter: (chart: uPlot, series: number, shown: boolean) => (shown ? null : lonely(chart.data[series])) },
          })),
        ],
        hooks: {
          draw: [(chart) => drawThresholds(chart, JSON.parse(bounds) as PanelThreshold[])],
          setCursor: [
            (chart) =>
              setAt(
                chart.cursor.idx === null || chart.cursor.idx === undefined
                  ? null
                  : { index: chart.cursor.idx, left: chart.cursor.left ?? 0 },
              ),
          ],
          setSelect: [
            (chart) => {
              if (chart.select.width > 8) {
                zoom.current?.(
                  chart.posToVal(chart.select.left, "x"),
                  chart.posToVal(chart.select.left + chart.select.width, "x"),
                );
              }
              chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      undefined,
      canvas.current,
    );
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [drawable, names, unit, bounds, height, scheme, dots]);

  useEffect(() => {
    plot.current?.setData(aligned);
    data.lines.forEach((line, index) => plot.current?.setSeries(index + 1, { show: !hidden.has(line.name) }));
  }, [aligned, data, hidden, drawable, names, unit, bounds, height, scheme]);

  useEffect(() => {
    if (width > 0) plot.current?.setSize({ width, height });
  }, [width, height, names, unit, bounds, scheme]);

  const move = (event: KeyboardEvent) => {
    const chart = plot.current;
    const end = data.times.length - 1;
    const from = at?.index ?? end;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: end }[event.key];
    if (!chart || to === undefined) return;
    event.preventDefault();
    const index = Math.min(end, Math.max(0, to));
    chart.setCursor({ left: chart.valToPos(data.times[index] ?? 0, "x"), top: 10 });
  };

  const index = at?.index ?? null;
  const time = index === null ? null : (data.times[index] ?? null);
  return (
    <div ref={box} className={classes.chart}>
      <div
        ref={canvas}
        className={classes.canvas}
        role="img"
        tabIndex={0}
        aria-label={`${title}: ${data.lines.length} series over time. Arrow keys read values.`}
        onKeyDown={move}
        onPointerEnter={() => setInside(true)}
        onPointerLeave={() => setInside(false)}
        onFocus={() => setInside(true)}
        onBlur={() => setInside(false)}
      />
      {inside && at && time !== null && (
        <div className={classes.tip} data-right={at.left > width / 2 || undefined} role="status">
          <strong>{moment(time)}</strong>
          {data.lines
            .map((line, position) => ({ line, position, value: line.values[at.index] ?? null }))
            .filter(({ line }) => !hidden.has(line.name))
            .sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity))
            .slice(0, 12)
            .map(({ line, position, value }) => (
              <span key={position} className={classes.reading}>
                <Swatch position={position} />
                <span>{line.name}</span>
                <b>{quantity(value, unit)}</b>
              </span>
            ))}
        </div>
      )}
      <ul className={classes.legend} aria-label={`Series of ${title}`}>
        {data.lines.map((line, position) => {
          const value = index === null || !inside ? last(line) : (line.values[index] ?? null);
          return (
            <li key={position}>
              <button
                type="button"
                className={classes.entry}
                aria-pressed={!hidden.has(line.name)}
                title={hidden.has(line.name) ? `Show ${line.name}` : `Hide ${line.name}`}
                onClick={() =>
                  setHidden((before) => {
                    const after = new Set(before);
                    if (!after.delete(line.name)) after.add(line.name);
                    return after;
                  })
                }
              >
                <Swatch position={position} />
                <span className={classes.name}>{line.name}</span>
                <b>{quantity(value, unit)}</b>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Swatch({ position }: { position: number }) {
  const dash = dashes[Math.floor(position / hues) % dashes.length];
  return (
    <svg width={14} height={8} aria-hidden className={classes.swatch}>
      <line x1={0} y1={4} x2={14} y2={4} stroke={`var(${hueOf(position)})`} strokeWidth={3} strokeDasharray={dash?.join(" ")} />
    </svg>
  );
}

/** The points that no line reaches, since their neighbours are missing: drawn as dots, or they would not be seen. */
function lonely(values: uPlot.AlignedData[number] | undefined): number[] {
  const there = (index: number) => typeof values?.[index] === "number";
  return [...(values ?? [])].flatMap((_, index) => (there(index) && !there(index - 1) && !there(index + 1) ? [index] : []));
}

/** A flat line gets room above and below; otherwise the values fill the height, with a margin. */
function rangeOf(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  if (low === high) {
    const room = Math.abs(low) * 0.05 || 1;
    return [low === 0 ? 0 : low - room, high + room];
  }
  const margin = (high - low) * 0.08;
  return [low >= 0 && low - margin < 0 ? 0 : low - margin, high + margin];
}

function drawThresholds(chart: uPlot, thresholds: PanelThreshold[]) {
  const { ctx, bbox } = chart;
  for (const { from, color } of thresholds) {
    if (from === null) continue;
    const y = chart.valToPos(from, "y", true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    ctx.save();
    ctx.strokeStyle = ink(colorNamed(color).text);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
