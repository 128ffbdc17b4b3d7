import {
  Anchor,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Loader,
  type MantineColorsTuple,
  Paper,
  Table,
  TextInput,
} from "@mantine/core";

// The page is ink on chart paper. Colour always means state; actions are ink.
const ink: MantineColorsTuple = [
  "#eef2f5",
  "#dce3e8",
  "#bccad3",
  "#96abb9",
  "#6f8a9b",
  "#4f6c7f",
  "#365467",
  "#223e50",
  "#16303f",
  "#0e2230",
];
const critical: MantineColorsTuple = [
  "#fdecea",
  "#fad5d1",
  "#f4aaa3",
  "#ee7e74",
  "#e6594d",
  "#d93a2e",
  "#bd2a20",
  "#9f2019",
  "#7f1914",
  "#5e120f",
];
const warning: MantineColorsTuple = [
  "#fdf3dc",
  "#fae6b6",
  "#f3cf7d",
  "#e9b64a",
  "#d9a02a",
  "#bd8416",
  "#9a680c",
  "#7c5207",
  "#5f3e06",
  "#432c05",
];
const ok: MantineColorsTuple = [
  "#e6f4ec",
  "#cbe8d7",
  "#9ad2b1",
  "#68ba8a",
  "#3fa26a",
  "#258a53",
  "#177042",
  "#115935",
  "#0d4429",
  "#09301d",
];
const sea: MantineColorsTuple = [
  "#e6f1f9",
  "#cbe2f2",
  "#9bc7e5",
  "#69aad6",
  "#438fc5",
  "#2577af",
  "#175f92",
  "#114b75",
  "#0d3a5a",
  "#0a2a42",
];

const sans = '"IBM Plex Sans Variable", system-ui, -apple-system, "Segoe UI", sans-serif';
const mono = '"IBM Plex Mono", ui-monospace, SFMono-Regular, Menlo, monospace';

export const theme = createTheme({
  fontFamily: sans,
  fontFamilyMonospace: mono,
  headings: {
    fontFamily: sans,
    fontWeight: "600",
    sizes: { h1: { fontSize: "1.375rem", lineHeight: "1.3" }, h2: { fontSize: "1rem", lineHeight: "1.4" } },
  },
  colors: { ink, critical, warning, ok, sea },
  primaryColor: "ink",
  primaryShade: { light: 8, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  defaultRadius: "sm",
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { size: "sm" },
      // The plain button is ink on paper by day and paper on ink by night; colour is kept for state.
      vars: (_, props) =>
        (props.variant ?? "filled") === "filled" && !props.color
          ? {
              root: {
                "--button-bg": "var(--qd-ink)",
                "--button-hover": "var(--qd-ink-hover)",
                "--button-color": "var(--qd-on-ink)",
              },
            }
          : { root: {} },
    }),
    Anchor: Anchor.extend({ defaultProps: { underline: "always", c: "var(--qd-sea)", fz: "inherit" } }),
    Loader: Loader.extend({ defaultProps: { color: "sea.5" } }),
    Paper: Paper.extend({ defaultProps: { withBorder: true, radius: "md" } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 8, horizontalSpacing: "md", fz: "sm" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
  },
});

const soft = (name: string) => ({
  [`--mantine-color-${name}-light`]: `var(--qd-${name}-soft)`,
  [`--mantine-color-${name}-light-hover`]: `var(--qd-${name}-soft)`,
  [`--mantine-color-${name}-light-color`]: `var(--qd-${name})`,
});
const softs = { ...soft("critical"), ...soft("warning"), ...soft("ok"), ...soft("sea") };

/** Text and surfaces of both schemes; each text colour has at least 4.5:1 on each surface it is used on. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...softs,
    "--mantine-color-body": "#f4f3ee",
    "--mantine-color-text": "#15242f",
    "--mantine-color-dimmed": "#52616b",
    "--mantine-color-placeholder": "#66747d",
    "--mantine-color-default": "#fdfcf9",
    "--mantine-color-default-hover": "#f0eee6",
    "--mantine-color-default-border": "#d6d2c5",
    "--mantine-color-error": "#b3261c",
  },
  dark: {
    ...softs,
    "--mantine-color-body": "#0d1216",
    "--mantine-color-text": "#dfe6ea",
    "--mantine-color-dimmed": "#93a3ad",
    "--mantine-color-placeholder": "#84949e",
    "--mantine-color-default": "#192228",
    "--mantine-color-default-hover": "#202b32",
    "--mantine-color-default-border": "#2a363e",
    "--mantine-color-error": "#ff8a7f",
  },
});
