import type { PlanAction } from "../api/contract";
import { StateChip } from "../kit/Chip";
import { sentence, span } from "../kit/format";
import classes from "./Call.module.css";

/** One state change off the chain, with every word of what will be done. */
export function Action({ action }: { action: PlanAction }) {
  return (
    <article className={classes.call} aria-label={`Action ${action.position}: ${action.kind} on ${action.target}`}>
      <div className={classes.head}>
        <span className={classes.number}>{action.position}</span>
        <span className={`qd-mono ${classes.signature}`}>
          <strong>{action.target}</strong> {action.effect}
        </span>
        <span className={classes.class}>{sentence(action.class)}</span>
      </div>
      <dl className={classes.facts}>
        {action.facts.map((fact) => (
          <Fact key={fact.name} name={fact.name} value={fact.value} />
        ))}
      </dl>
      {action.afterSeconds > 0 && (
        <div className={classes.simulation}>
          <StateChip state="waiting" text={`After waiting ${span(action.afterSeconds * 1000)}`} />
        </div>
      )}
      <div className={classes.simulation}>
        {action.forecast.map((text) => (
          <span key={text} className={classes.reason}>
            {text}
          </span>
        ))}
        <span className={classes.reason}>
          {action.inverse ? (
            <>
              Undone by <span className="qd-mono">{action.inverse}</span>
            </>
          ) : (
            "No inverse of it is known."
          )}
        </span>
      </div>
    </article>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="qd-mono">{value}</dd>
    </>
  );
}
