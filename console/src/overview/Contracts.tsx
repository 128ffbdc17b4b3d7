import type { ContractStatus } from "../api/contract";
import { StateChip } from "../kit/Chip";
import { Hash } from "../kit/Hash";
import { Panel } from "../kit/Panel";
import classes from "./Contracts.module.css";

export function Contracts({ contracts }: { contracts: ContractStatus[] }) {
  if (contracts.length === 0) return null;
  const order = [...contracts].sort((a, b) => Number(b.pausable) - Number(a.pausable));
  return (
    <Panel title="Contracts" flush>
      <ul className={classes.list}>
        {order.map((contract) => (
          <li key={contract.chain + contract.name} className={classes.item}>
            <span className={classes.name}>{contract.name}</span>
            <Hash value={contract.address} label={`address of ${contract.name}`} />
            <span className={classes.state}>
              {!contract.pausable ? (
                <span className={classes.none}>no pause</span>
              ) : contract.paused === null ? (
                <StateChip state="unknown" text="Not read yet" />
              ) : contract.paused ? (
                <StateChip state="paused" />
              ) : (
                <StateChip state="up" text="Active" />
              )}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
