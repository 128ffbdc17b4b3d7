import { queryOptions } from "@tanstack/react-query";
import type { Silence } from "../alerts/silences";
import { get } from "./client";
import type {
  AccessReview,
  Alert,
  ApiToken,
  AuditCheckpoint,
  AuditPage,
  BrokenGlass,
  Dashboard,
  DashboardSummary,
  Incident,
  IncidentSummary,
  Indexing,
  Me,
  Notifications,
  OperatorRequest,
  OperatorSummary,
  Overview,
  PausableContract,
  PauseReadiness,
  Plan,
  Rehearsal,
  RehearsalStanding,
  Run,
  RunbookDetail,
  RunbookSummary,
  RunSummary,
  Session,
  SignInMethods,
  Standing,
} from "./contract";

// The first element of a key is the topic that the server names when the thing changed; `live.ts` relies on it.
const query = <T>(key: readonly [string, ...unknown[]], path: string) =>
  queryOptions({ queryKey: key, queryFn: () => get<T>(path) });

const part = encodeURIComponent;

export const overview = query<Overview>(["overview"], "/api/overview");
export const alerts = query<Alert[]>(["alerts"], "/api/alerts");
export const silences = query<Silence[]>(["silences"], "/api/v2/silences");
export const notifications = query<Notifications>(["notifications"], "/api/notifications");
export const dashboards = query<DashboardSummary[]>(["dashboards", "list"], "/api/dashboards");
export const dashboardsOf = (pack: string) => query<Dashboard[]>(["dashboards", pack], `/api/dashboards/${part(pack)}`);
export const incidents = query<IncidentSummary[]>(["incidents", "list"], "/api/incidents");
export const incident = (id: string) => query<Incident>(["incidents", "one", id], `/api/incidents/${part(id)}`);
export const runs = query<RunSummary[]>(["runs", "list"], "/api/runs");
export const run = (id: string) => query<Run>(["runs", "one", id], `/api/runs/${part(id)}`);
export const plan = (hash: string) => query<Plan>(["plans", hash], `/api/plans/${part(hash)}`);
export const runbooks = query<RunbookSummary[]>(["runbooks", "list"], "/api/runbooks");
export const runbook = (pack: string, slug: string) =>
  query<RunbookDetail>(["runbooks", "one", pack, slug], `/api/runbooks/${part(pack)}/${part(slug)}`);
export const indexing = query<Indexing[]>(["indexing"], "/api/indexing");
export const rehearsals = query<Rehearsal[]>(["rehearsals", "list"], "/api/rehearsals");
export const standings = query<RehearsalStanding[]>(["rehearsals", "standing"], "/api/rehearsals/standing");
export const readiness = query<PauseReadiness[]>(["readiness"], "/api/readiness");
export const pausable = query<PausableContract[]>(["readiness", "contracts"], "/api/readiness/contracts");
export const audit = (from: number | null, subject: string) =>
  query<AuditPage>(
    ["audit", "entries", from, subject],
    `/api/audit?limit=50${from === null ? "" : `&before=${from}`}${subject ? `&subject=${part(subject)}` : ""}`,
  );
export const checkpoint = query<AuditCheckpoint | null>(["audit", "checkpoint"], "/api/audit/checkpoint");
export const operators = query<OperatorSummary[]>(["operators"], "/api/operators");
export const requests = query<OperatorRequest[]>(["operators", "requests"], "/api/operators/requests");
export const review = query<AccessReview>(["operators", "review"], "/api/operators/review");
export const tokens = query<ApiToken[]>(["tokens"], "/api/tokens");
export const standing = query<Standing[]>(["standing", "list"], "/api/standing");
export const standingOf = (hash: string) => query<Standing>(["standing", hash], `/api/standing/${part(hash)}`);
export const brokenGlass = query<BrokenGlass[]>(["break-glass"], "/api/break-glass");
export const sessions = query<Session[]>(["sessions"], "/api/sessions");
export const me = query<Me>(["me"], "/api/me");
export const methods = query<SignInMethods>(["methods"], "/api/auth/methods");
