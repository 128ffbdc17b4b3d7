import { NavLink } from "react-router";
import classes from "./Subpages.module.css";

/** The pages that belong together, as links under the heading. */
export function Subpages({ label, pages }: { label: string; pages: { to: string; text: string; count?: number }[] }) {
  return (
    <nav className={classes.bar} aria-label={label}>
      {pages.map(({ to, text, count }) => (
        <NavLink key={to} to={to} end className={classes.link}>
          {text}
          {count ? <span className={classes.count}>{count}</span> : null}
        </NavLink>
      ))}
    </nav>
  );
}
