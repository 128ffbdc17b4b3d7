/** `0x5f3a…91c2`: enough to compare by eye; the full text is always a click away. */
export function short(hash: string, lead = 6, tail = 4): string {
  return hash.length <= lead + tail + 2
    ? hash
    : `${hash.slice(0, hash.startsWith("0x") ? lead + 2 : lead)}…${hash.slice(-tail)}`;
}

/** `4 s`, `12 min`, `3 h 05 min`, `2 d 4 h`: two units at most. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 && minutes < 10 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

export const since = (iso: string, now: number) => `${span(now - Date.parse(iso))} ago`;

/** `14:03:22`, and the date when it is not today; the time of this device. */
export function clock(iso: string, now = Date.now()): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString("en-GB", { hour12: false });
  return at.toDateString() === new Date(now).toDateString()
    ? time
    : `${at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${time}`;
}

export const group = (value: number | bigint) => value.toLocaleString("en-US");

/** A number given as text, at eight digits; the whole of it belongs in a title. What is no number stays as it is. */
export function shortNumber(text: string): string {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || text.length <= 10) return text;
  return value.toLocaleString("en-US", { maximumSignificantDigits: 8 });
}

/** A metric's value at the precision its unit deserves. */
export function quantity(value: number | null, unit: string | null): string {
  if (value === null || Number.isNaN(value)) return "no data";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (unit === "ratio")
    return `${(value * 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} %`;
  // Seconds since 1970 are a moment, not a quantity; no age or delay is that long.
  if (unit === "seconds" && value > 1e9) return clock(new Date(value * 1000).toISOString());
  if (unit === "seconds" && value >= 120) return span(value * 1000);
  const size = Math.abs(value);
  const text =
    size >= 1e6
      ? new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 }).format(value)
      : value.toLocaleString("en-US", { maximumFractionDigits: size >= 100 || Number.isInteger(value) ? 0 : unit === "events" ? 1 : size < 10 ? 6 : 4 });
  if (unit === "seconds") return `${text} s`;
  if (unit === "percent") return `${text} %`;
  if (unit === "per second") return `${text}/s`;
  return unit && !unitless.has(unit) ? `${text} ${unit}` : text;
}
const unitless = new Set(["count", "events", "requests", "info", "boolean", "bool", "number"]);

/** `operator:alice` is alice to a reader; a system actor keeps its kind. */
export function person(actor: string): string {
  const [kind, name] = actor.split(":", 2);
  return name && kind === "operator" ? name : name ? `${name} (${kind})` : actor;
}

export const sentence = (state: string) => {
  const words = state.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};
export const plural = (count: number, one: string, many = `${one}s`) => `${group(count)} ${count === 1 ? one : many}`;
