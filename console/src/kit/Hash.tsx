import { ActionIcon, CopyButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { short } from "./format";
import classes from "./Hash.module.css";

/** A hash or address: monospace, shortened unless `full`, with the whole of it in the title and on the clipboard. */
export function Hash({ value, full, label }: { value: string; full?: boolean; label?: string }) {
  return (
    <span className={classes.hash}>
      <span className="qd-mono" title={value}>
        {full ? value : short(value)}
      </span>
      <CopyButton value={value} timeout={1500}>
        {({ copied, copy }) => (
          <ActionIcon
            size="xs"
            variant="transparent"
            color={copied ? "ok" : "gray"}
            onClick={(event) => {
              event.preventDefault();
              event.stopPropagation();
              copy();
            }}
            aria-label={copied ? "Copied" : `Copy ${label ?? "value"}`}
          >
            {copied ? <IconCheck size={13} aria-hidden /> : <IconCopy size={13} aria-hidden />}
          </ActionIcon>
        )}
      </CopyButton>
    </span>
  );
}
