import type { DashboardPanel } from "../api/contract";
import { quantity } from "../kit/format";
import { moment, timeLabel } from "./axis";
import classes from "./Bands.module.css";
import { judge } from "./palette";
import { type PanelData, stretches } from "./series";

const widest = 60;

/** States over time: a band for each series, a stretch for each state, with its word where it fits. */
export function States({ panel, data }: { panel: DashboardPanel; data: PanelData }) {
  const [from, to] = ends(data.times);
  const share = (at: number) => (to > from ? (100 * (at - from)) / (to - from) : 0);
  return (
    <div className={classes.bands}>
      {data.lines.map((line, index) => (
        <div key={index} className={classes.band}>
          <span className={classes.name}>{line.name}</span>
          <span className={classes.track} role="list" aria-label={`States of ${line.name}`}>
            {stretches(data.times, line.values).map((stretch) => {
              const { color, text } = judge(panel, stretch.value);
              const word = stretch.value === null ? "no data" : (text ?? quantity(stretch.value, panel.unit));
              const width = share(stretch.to) - share(stretch.from);
              return (
                <span
                  key={stretch.from}
                  role="listitem"
                  className={classes.stretch}
                  title={`${word}, ${moment(stretch.from)} to ${moment(stretch.to)}`}
                  style={{
                    left: `${share(stretch.from)}%`,
                    width: `${Math.max(width, 0.4)}%`,
                    background: `var(${color.soft})`,
                    color: `var(${color.text})`,
                  }}
                >
                  {width > 9 ? word : <span className="qd-visually-hidden">{word}</span>}
                </span>
              );
            })}
          </span>
        </div>
      ))}
      <Times from={from} to={to} />
    </div>
  );
}

/** Values over time as depth of one colour; a row for each series. */
export function Heatmap({ panel, data }: { panel: DashboardPanel; data: PanelData }) {
  const [from, to] = ends(data.times);
  const every = Math.max(1, Math.ceil(data.times.length / widest));
  const present = data.lines.flatMap((line) => line.values).filter((value) => value !== null);
  const [low, high] = [Math.min(...present), Math.max(...present)];
  const depth = (value: number) => (high > low ? (value - low) / (high - low) : 0.5);
  return (
    <div className={classes.bands}>
      {data.lines.map((line, index) => (
        <div key={index} className={classes.band}>
          <span className={classes.name}>{line.name}</span>
          <span className={classes.cells}>
            {data.times
              .filter((_, position) => position % every === 0)
              .map((time, position) => {
                const values = line.values.slice(position * every, (position + 1) * every).filter((value) => value !== null);
                const value = values.length > 0 ? Math.max(...values) : null;
                return (
                  <span
                    key={time}
                    className={classes.cell}
                    title={`${moment(time)}: ${quantity(value, panel.unit)}`}
                    style={
                      value === null
                        ? undefined
                        : { background: `color-mix(in srgb, var(--qd-sea) ${Math.round(12 + 88 * depth(value))}%, var(--qd-panel))` }
                    }
                  />
                );
              })}
          </span>
        </div>
      ))}
      <Times from={from} to={to} />
      <p className={classes.scale}>
        <span aria-hidden className={classes.ramp} /> {quantity(low, panel.unit)} to {quantity(high, panel.unit)}
      </p>
    </div>
  );
}

const ends = (times: number[]) => [times[0] ?? 0, times.at(-1) ?? 0] as const;

function Times({ from, to }: { from: number; to: number }) {
  const increment = (to - from) / 3;
  return (
    <div className={classes.band} aria-hidden>
      <span />
      <span className={classes.times}>
        {[from, from + increment, from + 2 * increment, to].map((time) => (
          <span key={time}>{timeLabel(time, Math.min(increment, 3600))}</span>
        ))}
      </span>
    </div>
  );
}
