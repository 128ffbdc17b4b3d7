import { ActionIcon, Drawer, Menu, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconActivityHeartbeat,
  IconAlertTriangle,
  IconBellRinging,
  IconBook2,
  IconChartLine,
  IconDatabaseImport,
  IconDotsVertical,
  IconListCheck,
  IconLogout,
  IconMoon,
  IconPlayerPause,
  IconShieldLock,
  IconSignature,
  IconSun,
  IconTargetArrow,
  IconUsers,
} from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { NavLink, useLocation } from "react-router";
import { post } from "../api/client";
import { overview } from "../api/queries";
import { forget, useMe } from "../identity/me";
import { Announcer } from "./Announcer";
import { ConnectionBanner } from "./ConnectionBanner";
import { LiveBlock } from "./LiveBlock";
import { Mark } from "./Mark";
import classes from "./Shell.module.css";

const places = [
  { to: "/", text: "Overview", icon: IconActivityHeartbeat, phone: true },
  { to: "/dashboards", text: "Dashboards", icon: IconChartLine },
  { to: "/alerts", text: "Alerts", icon: IconBellRinging, phone: true },
  { to: "/incidents", text: "Incidents", icon: IconAlertTriangle, phone: true },
  { to: "/runs", text: "Runs", icon: IconListCheck, phone: true },
  { to: "/runbooks", text: "Runbooks", icon: IconBook2 },
  { to: "/approvals", text: "Approvals", icon: IconSignature },
  { to: "/rehearsals", text: "Rehearsals", icon: IconTargetArrow },
  { to: "/danger", text: "Danger zone", icon: IconPlayerPause },
  { to: "/indexing", text: "Indexing", icon: IconDatabaseImport },
  { to: "/audit", text: "Audit log", icon: IconShieldLock },
  { to: "/operators", text: "Operators", icon: IconUsers },
];

export function Shell({ children }: { children: ReactNode }) {
  const [menu, { open, close }] = useDisclosure(false);
  const location = useLocation();
  const { data } = useQuery(overview);
  const counts: Record<string, number> = {
    "/alerts": data?.firing.length ?? 0,
    "/incidents": data?.openIncidents.length ?? 0,
    "/runs": data?.activeRuns.length ?? 0,
  };
  useEffect(() => close(), [location.pathname, close]);

  const links = (only?: "phone") =>
    places
      .filter((place) => !only || place.phone)
      .map(({ to, text, icon: Glyph }) => (
        <NavLink key={to} to={to} end={to === "/"} className={classes.place}>
          <Glyph size={18} stroke={1.7} aria-hidden />
          <span>{text}</span>
          {(counts[to] ?? 0) > 0 && (
            <span className={classes.count} data-calm={to === "/runs" || undefined}>
              {counts[to]}
            </span>
          )}
        </NavLink>
      ));

  return (
    <div className={classes.shell}>
      <a href="#content" className="qd-skip">
        Skip to content
      </a>
      <nav className={classes.rail} aria-label="Main">
        <NavLink to="/" className={classes.brand}>
          <Mark /> Quarterdeck
        </NavLink>
        {links()}
        <div className={classes.railFoot}>
          <Environment />
        </div>
      </nav>
      <div className={classes.column}>
        <header className={classes.bar}>
          <span className={classes.phoneBrand}>
            <Mark />
          </span>
          <LiveBlock />
          <span className={classes.spacer} />
          <SchemeToggle />
          <Person />
        </header>
        <ConnectionBanner />
        <main id="content" className={classes.content} tabIndex={-1}>
          {children}
        </main>
      </div>
      <nav className={classes.tabs} aria-label="Main, phone">
        {links("phone")}
        <button type="button" className={classes.place} onClick={open}>
          <IconDotsVertical size={18} stroke={1.7} aria-hidden />
          <span>More</span>
        </button>
      </nav>
      <Drawer opened={menu} onClose={close} position="bottom" size="auto" title="More">
        <div className={classes.drawer}>
          {links()}
          <Environment />
        </div>
      </Drawer>
      <Announcer />
    </div>
  );
}

function Environment() {
  const { environment, environmentKind } = useMe();
  return (
    <span className={classes.environment} data-kind={environmentKind}>
      {environment}
    </span>
  );
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  const label = dark ? "Use light colours" : "Use dark colours";
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(dark ? "light" : "dark")}
      >
        {dark ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

function Person() {
  const { operator } = useMe();
  const queries = useQueryClient();
  const signOut = async () => {
    await post("/api/auth/signout");
    forget(queries);
  };
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <button type="button" className={classes.person}>
          <span className={classes.initial} aria-hidden>
            {operator.name.slice(0, 1).toUpperCase()}
          </span>
          {operator.name}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{operator.roles.join(", ")}</Menu.Label>
        <Menu.Item component={NavLink} to="/operators" leftSection={<IconUsers size={16} aria-hidden />}>
          Credentials and sessions
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
