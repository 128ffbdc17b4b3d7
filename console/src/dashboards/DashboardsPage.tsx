import { Button, Group, NativeSelect, Popover, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCalendar, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Navigate, useLocation, useNavigate, useParams } from "react-router";
import type { Dashboard, DashboardSummary } from "../api/contract";
import { dashboards, dashboardsOf } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { Page } from "../kit/Page";
import { Panel } from "../kit/Panel";
import { moment } from "./axis";
import classes from "./DashboardsPage.module.css";
import { PanelView } from "./PanelView";
import type { TimeWindow } from "./series";
import { firstSpan, spans, useTimeWindow } from "./span";

export function DashboardsPage() {
  const { pack, name } = useParams();
  const { search } = useLocation();
  const all = useQuery(dashboards);
  return (
    <Answer of={all}>
      {(boards) => {
        const [first] = boards;
        if (!first) return <NoBoards />;
        if (!pack || !name) return <Navigate to={`/dashboards/${first.pack}/${first.name}${search}`} replace />;
        return <Board key={`${pack}/${name}`} pack={pack} name={name} all={boards} />;
      }}
    </Answer>
  );
}

function NoBoards() {
  return (
    <Page title="Dashboards">
      <Panel title="Dashboards" flush>
        <Empty title="No pack has a dashboard">
          Write <code>dashboards.yaml</code> in the pack's folder and start the server again; the same file makes Grafana's
          dashboards.
        </Empty>
      </Panel>
    </Page>
  );
}

function Board({ pack, name, all }: { pack: string; name: string; all: DashboardSummary[] }) {
  const answer = useQuery(dashboardsOf(pack));
  return (
    <Answer of={answer}>
      {(boards) => {
        const board = boards.find((candidate) => candidate.name === name);
        return board ? (
          <Loaded board={board} all={all} />
        ) : (
          <Empty title={`The pack ${pack} has no dashboard ${name}`}>Choose one from the navigation.</Empty>
        );
      }}
    </Answer>
  );
}

function Loaded({ board, all }: { board: Dashboard; all: DashboardSummary[] }) {
  const navigate = useNavigate();
  const [span] = useState(() => firstSpan(board.spanSeconds, board.samplesSince, Date.now() / 1000));
  const { window, show, between, live } = useTimeWindow(span);
  const [held, setHeld] = useState<TimeWindow | null>(null);
  const seen = held ?? window;
  const hold = () => {
    const to = Date.now() / 1000;
    setHeld(window.span === null ? window : { span: null, from: to - window.span, to });
  };
  return (
    <Page
      title={board.title}
      lead={
        seen.span === null
          ? `${moment(seen.from)} to ${moment(seen.to)}, standing still`
          : `Up to now, refreshed every ${board.refreshSeconds} s. Drag over a chart to look closer.`
      }
      actions={
        all.length > 1 && (
          <NativeSelect
            aria-label="Dashboard"
            value={`${board.pack}/${board.name}`}
            onChange={(event) => void navigate(`/dashboards/${event.currentTarget.value}`)}
            data={all.map((other) => ({ value: `${other.pack}/${other.name}`, label: other.title }))}
          />
        )
      }
    >
      <Group gap="xs" className={classes.bar}>
        <SegmentedControl
          aria-label="Span of time"
          size="xs"
          value={seen.span === null ? "" : String(seen.span)}
          onChange={(value) => {
            setHeld(null);
            show(Number(value));
          }}
          data={spans.map(({ seconds, label }) => ({ value: String(seconds), label }))}
        />
        <BetweenDates window={seen} between={between} />
        {seen.span === null ? (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            onClick={() => {
              setHeld(null);
              if (window.span === null) live();
            }}
          >
            Back to now
          </Button>
        ) : (
          <Button size="xs" variant="default" leftSection={<IconPlayerPause size={14} aria-hidden />} onClick={hold}>
            Hold still
          </Button>
        )}
      </Group>
      {board.sections.map((section) => (
        <section key={section.title} aria-label={section.title}>
          <h2 className={classes.section}>{section.title}</h2>
          <div className={classes.grid}>
            {section.panels.map((panel) => (
              <PanelView
                key={panel.id}
                panel={panel}
                source={board.source}
                window={seen}
                refreshSeconds={board.refreshSeconds}
                between={between}
              />
            ))}
          </div>
        </section>
      ))}
    </Page>
  );
}

const local = (seconds: number) => {
  const at = new Date(seconds * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function BetweenDates({ window, between }: { window: TimeWindow; between: (from: number, to: number) => void }) {
  const [opened, { toggle, close }] = useDisclosure(false);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const valid = Date.parse(from) < Date.parse(to);
  const open = () => {
    const end = window.span === null ? window.to : Date.now() / 1000;
    setFrom(local(window.span === null ? window.from : end - window.span));
    setTo(local(end));
    toggle();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!valid) return;
    between(Date.parse(from) / 1000, Date.parse(to) / 1000);
    close();
  };
  return (
    <Popover opened={opened} onChange={(now) => !now && close()} position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <Button size="xs" variant="default" leftSection={<IconCalendar size={14} aria-hidden />} onClick={open}>
          From … to
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={submit}>
          <Stack gap="xs">
            <TextInput type="datetime-local" label="From" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
            <TextInput
              type="datetime-local"
              label="To"
              value={to}
              error={from && to && !valid ? "The end must be after the start" : null}
              onChange={(event) => setTo(event.currentTarget.value)}
            />
            <Button type="submit" size="xs" disabled={!valid}>
              Show
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
