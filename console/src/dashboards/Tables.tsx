import { Table } from "@mantine/core";
import { rankOf } from "../alerts/severity";
import type { DashboardPanel } from "../api/contract";
import { SeverityChip } from "../kit/Chip";
import { quantity } from "../kit/format";
import { moment } from "./axis";
import { judge } from "./palette";
import { last, type PanelData } from "./series";
import classes from "./Tables.module.css";

const unsaid = new Set(["__name__", "alertstate", "pack"]);
const rowsShown = 200;

/** Labels and newest values as rows. */
export function LabelTable({ panel, data }: { panel: DashboardPanel; data: PanelData }) {
  const labels = [...new Set(data.lines.flatMap((line) => Object.keys(line.labels)))].filter((name) => !unsaid.has(name));
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={panel.title}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {labels.map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
            <Table.Th className={classes.number}>Value</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.lines.map((line, index) => {
            const value = last(line);
            const { color, text } = judge(panel, value);
            return (
              <Table.Tr key={index}>
                {labels.map((label) => (
                  <Table.Td key={label} className={classes.label}>
                    {line.labels[label] ?? ""}
                  </Table.Td>
                ))}
                <Table.Td className={classes.number} style={{ color: `var(${color.text})` }}>
                  {text ?? quantity(value, panel.unit)}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}

/** The alerts that fire, worst first. */
export function AlertTable({ data }: { data: PanelData }) {
  if (data.lines.length === 0) return <p className={classes.quiet}>None of these alerts fires.</p>;
  const rows = data.lines
    .map((line) => line.labels)
    .sort((a, b) => rankOf(a.severity) - rankOf(b.severity));
  return (
    <ul className={classes.alerts}>
      {rows.map((labels, index) => (
        <li key={index}>
          <SeverityChip severity={labels.severity ?? null} />
          <strong>{labels.alertname}</strong>
          <span className={classes.rest}>
            {Object.entries(labels)
              .filter(([name]) => !unsaid.has(name) && name !== "alertname" && name !== "severity")
              .map(([name, value]) => `${name}=${value}`)
              .join(" ")}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The same numbers as a chart, for who would rather read them; newest first. */
export function ValueTable({ panel, data }: { panel: DashboardPanel; data: PanelData }) {
  const rows = data.times.map((time, index) => ({ time, index })).reverse().slice(0, rowsShown);
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={`Values of ${panel.title}`}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Time</Table.Th>
            {data.lines.map((line, index) => (
              <Table.Th key={index} className={classes.number}>
                {line.name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ time, index }) => (
            <Table.Tr key={time}>
              <Table.Td className={classes.label}>{moment(time)}</Table.Td>
              {data.lines.map((line, position) => (
                <Table.Td key={position} className={classes.number}>
                  {quantity(line.values[index] ?? null, panel.unit)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
