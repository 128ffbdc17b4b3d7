import { Text } from "@mantine/core";
import type { PlanCall } from "../api/contract";
import { StateChip } from "../kit/Chip";
import { group, sentence, short, span } from "../kit/format";
import { Hash } from "../kit/Hash";
import classes from "./Call.module.css";

const forecasts: Record<string, [string, string]> = {
  succeeds: ["succeeded", "Would succeed"],
  reverts: ["failed", "Would revert"],
  alreadyDone: ["skipped", "Holds already"],
  notSimulated: ["unknown", "Simulated before it is sent"],
};

/** Long bytes by both ends in the heading; the whole of them stands below it. */
const brief = (value: string) => (/^0x[0-9a-f]{12,}$/i.test(value) ? short(value) : value);

/** One call of a plan, decoded, with what would happen if it were sent now. */
export function Call({ call }: { call: PlanCall }) {
  const name = call.function.split("(")[0];
  const forecast = forecasts[call.simulation.outcome] ?? ["unknown", call.simulation.outcome];
  const value = /^0+$/.test(call.value) || call.value === "0x0" ? null : call.value;
  return (
    <article className={classes.call} aria-label={`Call ${call.position}: ${call.targetName} ${name}`}>
      <div className={classes.head}>
        <span className={classes.number}>{call.position}</span>
        <span className={`qd-mono ${classes.signature}`}>
          <strong>{call.targetName}</strong>.{name}({call.args.map((arg) => arg.meaning ?? brief(arg.value)).join(", ")})
        </span>
        <span className={classes.class}>{sentence(call.class)}</span>
      </div>
      {call.args.length > 0 && (
        <dl className={classes.args}>
          {call.args.map((arg, index) => (
            <div key={`${arg.name}-${index}`}>
              <dt>
                {arg.name || `argument ${index + 1}`} <span className="qd-mono">{arg.type}</span>
              </dt>
              <dd className="qd-mono">
                {arg.meaning && <strong>{arg.meaning} </strong>}
                {arg.value}
                {/delay|period|duration|seconds/i.test(arg.name) && /^\d{1,9}$/.test(arg.value) && (
                  <span> ({span(Number(arg.value) * 1000)})</span>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
      <dl className={classes.facts}>
        <dt>To</dt>
        <dd>
          <Hash value={call.target} full label={`address of ${call.targetName}`} />
        </dd>
        <dt>From</dt>
        <dd>
          <Hash value={call.from} full label="sender" /> <span>{call.account}</span>
        </dd>
        {value && (
          <>
            <dt>Value</dt>
            <dd className="qd-mono">{value} wei</dd>
          </>
        )}
        <dt>Calldata</dt>
        <dd>
          <Hash value={call.calldata} full={call.calldata.length <= 10} label="calldata" />
        </dd>
        <dt>Chain</dt>
        <dd>{call.chain}</dd>
      </dl>
      {call.afterSeconds > 0 && (
        <div className={classes.simulation}>
          <StateChip state="waiting" text={`After waiting ${span(call.afterSeconds * 1000)}`} />
        </div>
      )}
      <div className={classes.simulation}>
        <StateChip state={forecast[0]} text={forecast[1]} />
        {call.simulation.gasUsed > 0 && (
          <Text size="xs" c="dimmed" component="span">
            {group(call.simulation.gasUsed)} gas
          </Text>
        )}
        {call.simulation.reason && (
          <span className={classes.reason} data-bad={call.simulation.outcome === "reverts" || undefined}>
            {call.simulation.reason}
          </span>
        )}
        {call.simulation.effects.length > 0 && (
          <ul className={classes.effects}>
            {call.simulation.effects.map((effect) => (
              <li key={effect} className="qd-mono">
                {effect}
              </li>
            ))}
          </ul>
        )}
        {call.inverse && (
          <span className={classes.reason}>
            Undone by <span className="qd-mono">{call.inverse}</span>
          </span>
        )}
      </div>
    </article>
  );
}
