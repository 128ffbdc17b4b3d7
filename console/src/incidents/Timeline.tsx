import { Text } from "@mantine/core";
import { Link } from "react-router";
import type { TimelineEntry } from "../api/contract";
import { person, sentence } from "../kit/format";
import { Clock } from "../kit/Time";
import { placeOf } from "../audit/scope";
import classes from "./Timeline.module.css";

/** What happened, newest first, with who and why. */
export function Timeline({ entries }: { entries: TimelineEntry[] }) {
  const newestFirst = entries.map((entry, position) => ({ ...entry, position })).reverse();
  return (
    <ol className={classes.list} aria-live="polite" aria-label="Timeline, newest first">
      {newestFirst.map((entry) => {
        const place = entry.ref && entry.kind !== "transaction" ? placeOf(entry.ref) : null;
        return (
          <li key={entry.position} className={classes.entry} data-kind={entry.kind}>
            <span className={classes.time}>
              <Clock at={entry.at} />
            </span>
            <span className={classes.dot} aria-hidden />
            <div className={classes.body}>
              <Text size="sm">{entry.text}</Text>
              <Text size="xs" c="dimmed">
                {sentence(entry.kind)} · {person(entry.actor)}
                {place && (
                  <>
                    {" · "}
                    <Link to={place}>open</Link>
                  </>
                )}
              </Text>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
