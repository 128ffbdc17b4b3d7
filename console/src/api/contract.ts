// The shapes of the HTTP API, from the server's own OpenAPI document (openapi.json; `npm run types` makes generated.ts).
import type { components } from "./generated";

type Schemas = components["schemas"];

export type AccessReview = Schemas["AccessReview"];
export type AccessRow = Schemas["AccessRow"];
export type Alert = Schemas["Alert"];
export type AuditCheckpoint = Schemas["AuditCheckpoint"];
export type AuditEntry = Schemas["AuditEntry"];
export type AuditPage = Schemas["AuditPage"];
export type BrokenGlass = Schemas["BrokenGlass"];
export type ContractStatus = Schemas["ContractStatus"];
export type Credential = Schemas["Credential"];
export type Dashboard = Schemas["Dashboard"];
export type DashboardPanel = Schemas["DashboardPanel"];
export type DashboardSummary = Schemas["DashboardSummary"];
export type Delivery = Schemas["Delivery"];
export type Finding = Schemas["Finding"];
export type Incident = Schemas["Incident"];
export type IncidentSummary = Schemas["IncidentSummary"];
export type Me = Schemas["Me"];
export type MetricStatus = Schemas["MetricStatus"];
export type NotificationPlan = Schemas["NotificationPlan"];
export type Notifications = Schemas["Notifications"];
export type OperatorRequest = Schemas["OperatorRequest"];
export type OperatorSummary = Schemas["OperatorSummary"];
export type Overview = Schemas["Overview"];
export type PackStatus = Schemas["PackStatus"];
export type PanelThreshold = Schemas["PanelThreshold"];
export type PausableContract = Schemas["PausableContract"];
export type PauseReadiness = Schemas["PauseReadiness"];
export type PlanAction = Schemas["PlanAction"];
export type PlanCall = Schemas["PlanCall"];
export type Receiver = Schemas["Receiver"];
export type Indexing = Schemas["Indexing"];
export type Rehearsal = Schemas["Rehearsal"];
export type RehearsalStanding = Schemas["RehearsalStanding"];
export type RunbookDetail = Schemas["RunbookDetail"];
export type RunbookSummary = Schemas["RunbookSummary"];
export type Run = Schemas["Run"];
export type RunStep = Schemas["RunStep"];
export type RunSummary = Schemas["RunSummary"];
export type Session = Schemas["Session"];
export type Standing = Schemas["Standing"];
export type SignedIn = Schemas["SessionToken"];
export type SignInMethods = Schemas["SignInMethods"];
export type ApiToken = Schemas["Token"];
export type TimelineEntry = Schemas["Timeline"];

/** EIP-712, as eth_signTypedData_v4 takes it: free JSON to OpenAPI. */
export interface TypedData {
  domain: Record<string, unknown>;
  types: Record<string, { name: string; type: string }[]>;
  primaryType: string;
  message: Record<string, unknown>;
}
export type Plan = Omit<Schemas["Plan"], "typedData"> & { typedData: TypedData };

/** application/problem+json (RFC 9457). */
export interface Problem {
  title: string;
  detail: string | null;
  remedy: string | null;
  status: number;
}
