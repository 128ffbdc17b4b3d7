import { SegmentedControl } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Fragment, type ReactNode, useState } from "react";
import { Answer } from "./Answer";
import { plural } from "./format";
import { Page } from "./Page";
import { Panel } from "./Panel";

/** A page that lists one kind of thing: what is open at first, everything on demand. */
export function FilteredList<T>(props: {
  title: string;
  lead: string;
  /** One of them, such as `alert`. */
  one: string;
  of: UseQueryResult<T[]>;
  /** Words of the switch: what is shown at first, and with all. */
  words: [string, string];
  keyOf: (item: T) => string;
  open: (item: T) => boolean;
  order?: (a: T, b: T) => number;
  row: (item: T) => ReactNode;
  empty: (all: boolean) => ReactNode;
  under?: ReactNode;
  actions?: ReactNode;
}) {
  const [all, setAll] = useState(false);
  const [first, every] = props.words;
  return (
    <Page
      title={props.title}
      lead={props.lead}
      actions={
        <>
          <SegmentedControl
            value={all ? every : first}
            onChange={(value) => setAll(value === every)}
            aria-label={`Which ${props.one}s`}
            data={[first, every]}
          />
          {props.actions}
        </>
      }
    >
      {props.under}
      <Answer of={props.of}>
        {(items) => {
          const shown = items.filter((item) => all || props.open(item));
          if (props.order) shown.sort(props.order);
          return (
            <Panel title={plural(shown.length, props.one)} flush>
              {shown.length === 0
                ? props.empty(all)
                : shown.map((item) => <Fragment key={props.keyOf(item)}>{props.row(item)}</Fragment>)}
            </Panel>
          );
        }}
      </Answer>
    </Page>
  );
}
