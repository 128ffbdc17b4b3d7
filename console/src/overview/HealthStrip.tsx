import { Paper } from "@mantine/core";
import type { PackStatus } from "../api/contract";
import { StateChip } from "../kit/Chip";
import { group, span } from "../kit/format";
import { Hash } from "../kit/Hash";
import { useNow } from "../kit/now";
import classes from "./HealthStrip.module.css";

export function HealthStrip({ pack }: { pack: PackStatus }) {
  const now = useNow();
  return (
    <Paper className={classes.strip}>
      {pack.chains.map((chain) => {
        const lag = chain.head ? Math.max(0, now - Date.parse(chain.head.time)) : null;
        return (
          <div key={chain.name} className={classes.cell}>
            <span className="qd-label">{chain.name}</span>
            <strong className={classes.big}>{chain.head ? group(chain.head.number) : "no block yet"}</strong>
            <span className={classes.small} data-late={lag === null || lag > 60_000 || undefined}>
              {lag === null ? "waiting for the endpoint" : `${span(lag)} old`}
              {chain.head && (
                <>
                  {" · "}
                  <Hash value={chain.head.hash} label="block hash" />
                </>
              )}
            </span>
          </div>
        );
      })}
      {pack.services.map((service) => (
        <div key={service.name} className={classes.cell}>
          <span className="qd-label">{service.name}</span>
          <span className={classes.state}>
            {service.up === null ? (
              <StateChip state="inactive" text="No probe yet" />
            ) : (
              <StateChip state={service.up ? "up" : "down"} />
            )}
          </span>
        </div>
      ))}
    </Paper>
  );
}
