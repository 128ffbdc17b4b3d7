import { IconPlugConnectedX } from "@tabler/icons-react";
import { useConnection } from "../api/live";
import classes from "./Shell.module.css";

export function ConnectionBanner() {
  const lost = useConnection() === "lost";
  return (
    <div role="status">
      {lost && (
        <div className={classes.banner}>
          <IconPlugConnectedX size={16} aria-hidden />
          <span>
            <strong>Connection lost.</strong> What you see may be old; trying again every 2 s. Do not decide from this
            screen.
          </span>
        </div>
      )}
    </div>
  );
}
