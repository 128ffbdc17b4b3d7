import type { ReactNode } from "react";
import { Mark } from "../shell/Mark";
import classes from "./Threshold.module.css";

/** The frame of what is seen before signing in. */
export function Threshold({ children, environment }: { children: ReactNode; environment?: string }) {
  return (
    <div className={classes.page}>
      <header className={classes.brand}>
        <Mark size={36} />
        <div>
          <strong>Quarterdeck</strong>
          <span>{environment ?? " "}</span>
        </div>
      </header>
      <main className={classes.card}>{children}</main>
      <p className={classes.foot}>Reads are free. Writes are decided together, verified and recorded.</p>
    </div>
  );
}
