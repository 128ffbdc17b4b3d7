const powers = [
  [1e12, "T"],
  [1e9, "B"],
  [1e6, "M"],
  [1e3, "K"],
] as const;

/** Labels of an axis of values: equal digits, as many as tell neighbours apart. */
export function valueLabels(splits: number[], unit: string): string[] {
  if (splits.length === 0) return [];
  const factor = unit === "ratio" ? 100 : 1;
  const values = splits.map((split) => split * factor);
  const most = Math.max(...values.map(Math.abs));
  const increment = values.length > 1 ? Math.abs((values[1] ?? 0) - (values[0] ?? 0)) : most;
  const [divisor, letter] = powers.find(([power]) => most >= power * (power === 1e3 ? 10 : 1)) ?? [1, ""];
  const digits = increment > 0 ? Math.min(8, Math.max(0, -Math.floor(Math.log10(increment / divisor) + 1e-9))) : 0;
  const suffix = unit === "ratio" || unit === "percent" ? " %" : "";
  return values.map(
    (value) =>
      (value / divisor).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }) +
      letter +
      suffix,
  );
}

const two = (value: number) => String(value).padStart(2, "0");

/** A moment on an axis of time, as finely as its increment (seconds) needs; a new day says its date. */
export function timeLabel(seconds: number, increment: number): string {
  const at = new Date(seconds * 1000);
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  if (increment >= 86_400 || (at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0)) return day;
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return increment < 60 ? `${minutes}:${two(at.getSeconds())}` : minutes;
}

/** A moment in full: date and time of this device. */
export function moment(seconds: number): string {
  const at = new Date(seconds * 1000);
  return `${at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${at.toLocaleTimeString("en-GB", { hour12: false })}`;
}
