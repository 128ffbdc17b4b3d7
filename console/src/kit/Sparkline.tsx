import classes from "./Sparkline.module.css";

/** The recent course of one series; decoration beside its number, so it is hidden from screen readers. */
export function Sparkline({ values, width = 96, height = 26 }: { values: number[]; width?: number; height?: number }) {
  if (values.length < 2) return <span className={classes.empty} style={{ width, height }} aria-hidden />;
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const at = (value: number, index: number) => {
    const x = (index / (values.length - 1)) * (width - 4) + 2;
    const y = range === 0 ? height / 2 : height - 3 - ((value - low) / range) * (height - 6);
    return [x, y] as const;
  };
  const points = values.map(at);
  const [lastX, lastY] = points.at(-1) ?? [0, 0];
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  return (
    <svg className={classes.line} width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden>
      <polygon className={classes.area} points={`2,${height} ${line} ${width - 2},${height}`} />
      <polyline points={line} />
      <circle cx={lastX} cy={lastY} r={2} />
    </svg>
  );
}
