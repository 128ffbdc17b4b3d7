import { clock, since, span } from "./format";
import { useNow } from "./now";

export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={new Date(at).toISOString()}>
      {since(at, now)}
    </time>
  );
}

export function Clock({ at }: { at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toISOString()}>
      {clock(at)}
    </time>
  );
}

/** Time left until a moment; it says so in words once it is over. */
export function Countdown({ until, over = "expired" }: { until: string; over?: string }) {
  const left = Date.parse(until) - useNow();
  return (
    <time dateTime={until} title={new Date(until).toISOString()}>
      {left <= 0 ? over : span(left)}
    </time>
  );
}
