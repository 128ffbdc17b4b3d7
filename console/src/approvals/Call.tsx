import { Text } from "@mantine/core";
import type { PlanCall } from "../api/contract";
import { StateChip } from "../kit/Chip";
import { group, sentence } from "../kit/format";
import { Hash } from "../kit/Hash";
import classes from "./Call.module.css";

/** One call of a plan, decoded, with what would happen if it were sent now. */
export function Call({ call }: { call: PlanCall }) {
  const name = call.function.split("(")[0];
  const value = /^0+$/.test(call.value) || call.value === "0x0" ? null : call.value;
  return (
    <article className={classes.call} aria-label={`Call ${call.position + 1}: ${call.targetName} ${name}`}>
      <div className={classes.head}>
        <span className={classes.number}>{call.position + 1}</span>
        <span className={`qd-mono ${classes.signature}`}>
          <strong>{call.targetName}</strong>.{name}({call.args.map((arg) => arg.value).join(", ")})
        </span>
        <span className={classes.class}>{sentence(call.class)}</span>
      </div>
      {call.args.length > 0 && (
        <dl className={classes.args}>
          {call.args.map((arg, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an argument is its position
            <div key={`${arg.name}-${index}`}>
              <dt>
                {arg.name || `argument ${index + 1}`} <span className="qd-mono">{arg.type}</span>
              </dt>
              <dd className="qd-mono">{arg.value}</dd>
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
          <Hash value={call.from} full label="sender" />
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
      <div className={classes.simulation}>
        {call.simulation === null ? (
          <StateChip state="unknown" text="Not simulated" />
        ) : (
          <>
            <StateChip
              state={call.simulation.success ? "succeeded" : "failed"}
              text={call.simulation.success ? "Would succeed" : "Would revert"}
            />
            <Text size="xs" c="dimmed" component="span">
              {call.simulation.block !== null && `simulated at block ${group(call.simulation.block)}`}
              {call.simulation.gasUsed !== null && ` · ${group(call.simulation.gasUsed)} gas`}
            </Text>
            {call.simulation.error && <span className={classes.error}>{call.simulation.error}</span>}
            {call.simulation.effects.length > 0 && (
              <ul className={classes.effects}>
                {call.simulation.effects.map((effect) => (
                  <li key={effect} className="qd-mono">
                    {effect}
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </div>
    </article>
  );
}
