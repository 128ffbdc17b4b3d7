import {
  IconAlertOctagonFilled,
  IconAlertTriangleFilled,
  IconBellOff,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconClockHour4,
  IconHelpCircleFilled,
  IconInfoCircleFilled,
  IconLoader2,
  IconPlayerPauseFilled,
  IconPlayerSkipForwardFilled,
  IconSignature,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import classes from "./Chip.module.css";
import { sentence } from "./format";

export type Tone = "critical" | "warning" | "ok" | "sea" | "quiet";
type Icon = ComponentType<{ size?: number; "aria-hidden"?: boolean; className?: string }>;

/** State in three ways at once: icon, text and colour. */
export function Chip({ tone, icon: Glyph, text, spin }: { tone: Tone; icon: Icon; text: string; spin?: boolean }) {
  return (
    <span className={classes.chip} data-tone={tone}>
      <Glyph size={14} aria-hidden className={spin ? classes.spin : undefined} />
      {text}
    </span>
  );
}

const severities: Record<string, [Tone, Icon]> = {
  critical: ["critical", IconAlertOctagonFilled],
  high: ["critical", IconAlertTriangleFilled],
  warning: ["warning", IconAlertTriangleFilled],
  medium: ["warning", IconAlertTriangleFilled],
  low: ["sea", IconInfoCircleFilled],
  info: ["sea", IconInfoCircleFilled],
};
export function SeverityChip({ severity }: { severity: string | null }) {
  const [tone, icon] = severities[(severity ?? "info").toLowerCase()] ?? ["quiet", IconInfoCircleFilled];
  return <Chip tone={tone} icon={icon} text={sentence(severity ?? "info")} />;
}

const states: Record<string, [Tone, Icon]> = {
  // alerts
  firing: ["critical", IconAlertOctagonFilled],
  pending: ["quiet", IconCircleDashed],
  resolved: ["ok", IconCircleCheckFilled],
  inactive: ["quiet", IconCircleDashed],
  retracted: ["quiet", IconCircleDashed],
  silenced: ["quiet", IconBellOff],
  // incidents
  open: ["critical", IconAlertOctagonFilled],
  acknowledged: ["warning", IconAlertTriangleFilled],
  // runs and steps
  proposed: ["sea", IconCircleDashed],
  awaiting_approval: ["warning", IconSignature],
  running: ["sea", IconLoader2],
  executing: ["sea", IconLoader2],
  waiting: ["warning", IconClockHour4],
  paused: ["warning", IconPlayerPauseFilled],
  succeeded: ["ok", IconCircleCheckFilled],
  done: ["ok", IconCircleCheckFilled],
  executed: ["ok", IconCircleCheckFilled],
  approved: ["ok", IconCircleCheckFilled],
  failed: ["critical", IconCircleXFilled],
  aborted: ["quiet", IconCircleXFilled],
  rejected: ["critical", IconCircleXFilled],
  expired: ["quiet", IconClockHour4],
  void: ["quiet", IconCircleXFilled],
  skipped: ["quiet", IconPlayerSkipForwardFilled],
  unknown: ["warning", IconHelpCircleFilled],
  // services
  up: ["ok", IconCircleCheckFilled],
  down: ["critical", IconCircleXFilled],
};
export function StateChip({ state, text }: { state: string; text?: string }) {
  const [tone, icon] = states[state] ?? ["quiet", IconCircleDashed];
  return (
    <Chip tone={tone} icon={icon} text={text ?? sentence(state)} spin={state === "running" || state === "executing"} />
  );
}
