import {
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
} from "@tabler/icons-react";
import type { DashboardPanel } from "../api/contract";
import { quantity } from "../kit/format";
import { hueOf, judge, type StateColor } from "./palette";
import { buckets, last, type PanelData } from "./series";
import classes from "./Values.module.css";

const glyphs: Record<string, typeof IconCircleCheckFilled> = {
  good: IconCircleCheckFilled,
  attention: IconAlertTriangleFilled,
  warning: IconAlertTriangleFilled,
  critical: IconAlertOctagonFilled,
};

function Mark({ color }: { color: StateColor }) {
  const Glyph = glyphs[color.word];
  return Glyph ? <Glyph size={15} role="img" aria-label={color.word} style={{ flex: "none" }} /> : null;
}

/** The newest values, large, each on the colour of its state. */
export function Stats({ panel, data }: { panel: DashboardPanel; data: PanelData }) {
  return (
    <ul className={classes.stats} data-many={data.lines.length > 1 || undefined}>
      {data.lines.map((line, index) => {
        const value = last(line);
        const { color, text } = judge(panel, value);
        return (
          <li
            key={index}
            className={classes.stat}
            style={{ background: `var(${color.soft})`, color: `var(${color.text})` }}
          >
            {data.lines.length > 1 && <span className={classes.of}>{line.name}</span>}
            <strong className={classes.value}>
              <Mark color={color} />
              {text ?? quantity(value, panel.unit)}
            </strong>
          </li>
        );
      })}
    </ul>
  );
}

/** What the scale of a gauge or bar ends at: its own bounds where the unit has them, else above every value and threshold. */
function fullScale(panel: DashboardPanel, values: number[]): number {
  const bounds = panel.thresholds.flatMap(({ from }) => (from === null ? [] : [from]));
  if (panel.unit === "ratio") return Math.max(1, ...values, ...bounds);
  if (panel.unit === "percent") return Math.max(100, ...values);
  if (panel.unit === "bps") return Math.max(10_000, ...values);
  const most = Math.max(0, ...values, ...bounds.map((bound) => bound * 1.25));
  return most > 0 ? most : 1;
}

/** One bar for each series; a tick on the scale where a threshold lies. */
export function Bars({ panel, data }: { panel: DashboardPanel; data: PanelData }) {
  const values = data.lines.map((line) => last(line) ?? 0);
  const full = fullScale(panel, values);
  return (
    <ul className={classes.bars}>
      {data.lines.map((line, index) => {
        const value = last(line);
        const { color, text } = judge(panel, value);
        return (
          <li key={index} className={classes.bar}>
            <span className={classes.barName}>{line.name}</span>
            <span className={classes.barValue} style={{ color: `var(${color.text})` }}>
              <Mark color={color} /> {text ?? quantity(value, panel.unit)}
            </span>
            <Track panel={panel} share={(value ?? 0) / full} full={full} color={color} />
          </li>
        );
      })}
    </ul>
  );
}

function Track({ panel, share, full, color }: { panel: DashboardPanel; share: number; full: number; color: StateColor }) {
  const width = `${100 * Math.min(1, Math.max(0, share))}%`;
  return (
    <span className={classes.track} aria-hidden>
      <span
        className={classes.fill}
        style={{ width, background: `var(${color.word || panel.thresholds.length > 0 ? color.text : hueOf(0)})` }}
      />
      {panel.thresholds.map(({ from, color: name }) =>
        from !== null && from > 0 && from < full ? (
          <span
            key={from}
            className={classes.tick}
            style={{ left: `${(100 * from) / full}%`, background: `var(${judge(panel, from).color.text})` }}
            title={name}
          />
        ) : null,
      )}
    </span>
  );
}

/** How many fell between the bounds of a histogram. */
export function Histogram({ panel, data }: { panel: DashboardPanel; data: PanelData }) {
  const found = buckets(data.lines);
  const most = Math.max(1, ...found.map(({ count }) => count));
  return (
    <ul className={classes.bars}>
      {found.map(({ bound, count }, index) => (
        <li key={bound} className={classes.bar}>
          <span className={classes.barName}>
            {bound === "+Inf" ? `above ${found[index - 1]?.bound ?? 0}` : `up to ${bound}`}
          </span>
          <span className={classes.barValue}>{quantity(count, panel.unit)}</span>
          <span className={classes.track} aria-hidden>
            <span className={classes.fill} style={{ width: `${(100 * count) / most}%`, background: `var(${hueOf(0)})` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Shares of a whole, as a ring with its legend in words. */
export function Pie({ panel, data }: { panel: DashboardPanel; data: PanelData }) {
  const shares = data.lines
    .map((line, index) => ({ name: line.name, value: Math.max(0, last(line) ?? 0), hue: hueOf(index) }))
    .filter(({ value }) => value > 0);
  const whole = shares.reduce((sum, { value }) => sum + value, 0);
  const around = 2 * Math.PI * 38;
  const arcs = shares.map((share, index) => ({
    ...share,
    from: shares.slice(0, index).reduce((sum, { value }) => sum + value, 0) / whole,
  }));
  if (whole === 0) return <p className={classes.none}>Every share is 0.</p>;
  return (
    <div className={classes.pie}>
      <svg viewBox="0 0 100 100" className={classes.ring} aria-hidden>
        {arcs.map(({ name, value, hue, from }) => (
          <circle
            key={name}
            cx={50}
            cy={50}
            r={38}
            fill="none"
            stroke={`var(${hue})`}
            strokeWidth={18}
            strokeDasharray={`${Math.max(0, (value / whole) * around - 1)} ${around}`}
            strokeDashoffset={-from * around}
            transform="rotate(-90 50 50)"
          />
        ))}
      </svg>
      <ul className={classes.shares}>
        {shares.map(({ name, value, hue }) => (
          <li key={name}>
            <span className={classes.dot} style={{ background: `var(${hue})` }} aria-hidden />
            <span className={classes.barName}>{name}</span>
            <b>{quantity(value, panel.unit)}</b>
            <span className={classes.percent}>{Math.round((100 * value) / whole)} %</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
