import { Button, Code, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconDownload, IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { AuditEntry } from "../api/contract";
import { audit, checkpoint } from "../api/queries";
import { useMay } from "../identity/me";
import { Answer, Empty } from "../kit/Answer";
import { group, person, short } from "../kit/format";
import { Hash } from "../kit/Hash";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { Clock } from "../kit/Time";
import { ExportDialog } from "./ExportDialog";
import { placeOf } from "./scope";
import classes from "./AuditPage.module.css";

export function AuditPage() {
  const [subject, setSubject] = useState("");
  const [from, setFrom] = useState<number | null>(null);
  const [wanted] = useDebouncedValue(subject.trim(), 300);
  const entries = useQuery({ ...audit(from, wanted), placeholderData: keepPreviousData });
  const head = useQuery(checkpoint);
  const mayExport = useMay("audit.export");
  const [choosing, exporting] = useDisclosure(false);
  return (
    <Page
      title="Audit log"
      lead="Every input, decision and effect is a leaf of a Merkle tree; signed checkpoints make any change to the past visible."
      actions={
        mayExport && (
          <Button leftSection={<IconDownload size={16} aria-hidden />} onClick={exporting.open}>
            Export
          </Button>
        )
      }
    >
      <Panel title="Latest checkpoint">
        {head.data ? (
          <Stack gap={6}>
            <Group gap="lg">
              <Text size="sm">
                <strong>{group(head.data.size)}</strong> entries in {head.data.origin}
              </Text>
              <Hash value={head.data.rootHash} label="root hash" />
            </Group>
            <Text size="sm" c="dimmed" component="div">
              To check it yourself, offline: <Code>quarterdeck audit verify EXPORT --key '{head.data.key}'</Code>
            </Text>
            <details>
              <summary>Signed note</summary>
              <Code
                block
                mt="xs"
                style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", background: "var(--qd-inset)" }}
              >
                {head.data.note}
              </Code>
            </details>
          </Stack>
        ) : (
          <Text size="sm" c="dimmed">
            No checkpoint is signed yet; the first follows the first entries within a second.
          </Text>
        )}
      </Panel>
      <TextInput
        aria-label="Only entries about"
        placeholder="Only entries about: run_…, inc_…, a plan hash, an operator"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={subject}
        onChange={(event) => {
          setSubject(event.currentTarget.value);
          setFrom(null);
        }}
      />
      <Answer of={entries}>
        {(page) => (
          <Panel
            title="Entries, newest first"
            flush
            aside={
              from !== null && (
                <Button size="xs" variant="default" onClick={() => setFrom(null)}>
                  Back to newest
                </Button>
              )
            }
          >
            {page.entries.length === 0 && (
              <Empty title="No entry">
                {wanted ? "Nothing is recorded about that." : "The first action will be the first entry."}
              </Empty>
            )}
            <ol className={classes.list}>
              {page.entries.map((entry) => (
                <Entry
                  key={entry.index ?? entry.time + entry.action + entry.subject}
                  entry={entry}
                  about={(text) => {
                    setSubject(text);
                    setFrom(null);
                  }}
                />
              ))}
            </ol>
            {page.next !== null && (
              <Group p="md">
                <Button variant="default" onClick={() => setFrom(page.next)}>
                  Older entries
                </Button>
              </Group>
            )}
          </Panel>
        )}
      </Answer>
      {choosing && <ExportDialog close={exporting.close} />}
    </Page>
  );
}

function Entry({ entry, about }: { entry: AuditEntry; about: (subject: string) => void }) {
  const place = placeOf(entry.subject);
  const subject = (
    <span className="qd-mono" title={entry.subject}>
      {short(entry.subject, 24, 8)}
    </span>
  );
  return (
    <li className={classes.entry}>
      <span className={classes.index}>{entry.index === null ? "·" : group(entry.index)}</span>
      <span className={classes.time}>
        <Clock at={entry.time} />
      </span>
      <span className={classes.actor}>{person(entry.actor)}</span>
      <div className={classes.what}>
        <span>
          <strong>{entry.action}</strong> {place ? <Link to={place}>{subject}</Link> : subject}{" "}
          {entry.subject && (
            <button type="button" className={classes.about} onClick={() => about(entry.subject)}>
              only this
            </button>
          )}
        </span>
        {entry.reason && <span className={classes.reason}>{entry.reason}</span>}
        <details>
          <summary>Leaf and detail</summary>
          {entry.hash && (
            <Text size="xs" my={4} component="div">
              Leaf hash <Hash value={entry.hash} full label="leaf hash" />
            </Text>
          )}
          {entry.detail !== null && entry.detail !== undefined && (
            <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", background: "var(--qd-inset)" }}>
              {JSON.stringify(entry.detail, null, 2)}
            </Code>
          )}
        </details>
      </div>
    </li>
  );
}
