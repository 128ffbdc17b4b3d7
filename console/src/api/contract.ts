// The shapes of the HTTP API, by the names they have in /openapi/v1.json.

export type Severity = "critical" | "high" | "medium" | "low" | "info" | (string & {});

export interface ChainStatus {
  name: string;
  chainId: string;
  head: BlockHead | null;
  lagSeconds: number | null;
}
export interface BlockHead {
  number: number;
  hash: string;
  time: string;
}
export interface ContractStatus {
  name: string;
  chain: string;
  address: string;
  pausable: boolean;
  paused: boolean | null;
}
export interface ServiceStatus {
  name: string;
  up: boolean | null;
}
export interface MetricStatus {
  name: string;
  help: string;
  unit: string | null;
  labels: Record<string, string>;
  value: number | null;
  exact: string | null;
  block: number | null;
  recent: number[];
}
export interface PackStatus {
  name: string;
  title: string;
  chains: ChainStatus[];
  contracts: ContractStatus[];
  services: ServiceStatus[];
  metrics: MetricStatus[];
}
export interface Overview {
  environment: string;
  environmentKind: string;
  packs: PackStatus[];
  refused: Finding[];
  firing: Alert[];
  openIncidents: IncidentSummary[];
  activeRuns: RunSummary[];
}
export interface Finding {
  file: string;
  line: number | null;
  severity: string;
  code: string;
  message: string;
  remedy: string | null;
}

export interface Alert {
  id: string;
  pack: string;
  name: string;
  state: string;
  severity: Severity;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  value: string | null;
  expression: string | null;
  activeAt: string | null;
  firedAt: string | null;
  resolvedAt: string | null;
  block: number | null;
}

export interface IncidentSummary {
  id: string;
  title: string;
  severity: Severity;
  state: string;
  openedAt: string;
  acknowledgedAt: string | null;
  resolvedAt: string | null;
  pack: string;
  runIds: string[];
}
export interface TimelineEntry {
  at: string;
  kind: string;
  actor: string;
  text: string;
  ref: string | null;
}
export interface Incident extends IncidentSummary {
  alerts: Alert[];
  timeline: TimelineEntry[];
  runbooks: RunbookSummary[];
  runs: RunSummary[];
}

export interface RunbookSummary {
  pack: string;
  slug: string;
  title: string;
  severity: Severity | null;
  alerts: string[];
  steps: number;
  writes: number;
}
export interface RunbookStep {
  index: number;
  line: number;
  kind: string;
  text: string;
  detail: string | null;
  onFailure: string | null;
}
export interface RunbookDetail extends Omit<RunbookSummary, "steps"> {
  policy: string | null;
  hash: string;
  source: string;
  steps: RunbookStep[];
  findings: Finding[];
}

export interface PlanSummary {
  hash: string;
  stage: number;
  state: string;
  required: number;
  approvals: number;
  expiresAt: string;
}
export interface RunSummary {
  id: string;
  pack: string;
  runbook: string;
  title: string;
  state: string;
  incidentId: string | null;
  proposedBy: string;
  createdAt: string;
  endedAt: string | null;
  stepsDone: number;
  stepsTotal: number;
  pendingPlan: PlanSummary | null;
}
export interface RunStep {
  index: number;
  line: number | null;
  kind: string;
  text: string;
  state: string;
  startedAt: string | null;
  endedAt: string | null;
  waitUntil: string | null;
  output: string | null;
  error: string | null;
  transaction: Transaction | null;
}
export interface Run extends RunSummary {
  reason: string;
  error: string | null;
  steps: RunStep[];
  plans: PlanSummary[];
}
export interface Transaction {
  id: string;
  runId: string | null;
  chain: string;
  from: string;
  to: string | null;
  nonce: number | null;
  hash: string | null;
  block: number | null;
  state: string;
  error: string | null;
}

export interface PlanArgument {
  name: string;
  type: string;
  value: string;
}
export interface SimulatedCall {
  outcome: string;
  gasUsed: number;
  reason: string | null;
  effects: string[];
}
export interface PlanCall {
  position: number;
  chain: string;
  target: string;
  targetName: string;
  function: string;
  args: PlanArgument[];
  calldata: string;
  value: string;
  from: string;
  account: string;
  class: string;
  afterSeconds: number;
  inverse: string | null;
  simulation: SimulatedCall;
}
export interface PlanApproval {
  operator: string;
  kind: string;
  at: string;
}
export interface PlanPolicy {
  name: string;
  required: number;
  roles: string[];
  requesterCounts: boolean;
  typeTargetName: boolean;
}
export interface Plan {
  hash: string;
  canonical: string;
  state: string;
  runId: string;
  runbook: string;
  title: string;
  environment: string;
  requestedBy: string;
  createdAt: string;
  expiresAt: string;
  policy: PlanPolicy;
  simulatedAt: number;
  calls: PlanCall[];
  approvals: PlanApproval[];
  notCovered: string[];
  typedData: TypedData;
  passkeyChallenge: string;
  reason: string | null;
}
export interface TypedData {
  domain: Record<string, unknown>;
  types: Record<string, { name: string; type: string }[]>;
  primaryType: string;
  message: Record<string, unknown>;
}

export interface PauseReadiness {
  pack: string;
  runbook: string;
  title: string;
  policy: PlanPolicy;
  block: number | null;
  ready: boolean;
  calls: PauseCall[];
}
export interface PauseCall {
  contract: string;
  address: string;
  function: string;
  from: string;
  paused: boolean | null;
  success: boolean;
  error: string | null;
}

export interface Credential {
  id: string;
  kind: string;
  label: string;
  address: string | null;
  credentialId: string | null;
  createdAt: string;
  lastUsedAt: string | null;
}
export interface Operator {
  id: string;
  name: string;
  roles: string[];
  permissions: string[];
  credentials: Credential[];
}
export interface OperatorSummary {
  id: string;
  name: string;
  roles: string[];
  credentialKinds: string[];
  lastSeenAt: string | null;
  removedAt: string | null;
}
export interface Me {
  operator: Operator;
  csrf: string;
  environment: string;
  environmentKind: string;
}
export interface Session {
  id: string;
  current: boolean;
  method: string;
  createdAt: string;
  lastSeenAt: string;
  expiresAt: string;
  agent: string;
}
export interface SignedIn {
  token: string;
  operator: string;
  expiresAt: string;
}
export interface SignInMethods {
  environment: string;
  environmentKind: string;
  passkeyHosts: string[];
  chainId: number;
}

export interface AuditEntry {
  index: number | null;
  time: string;
  actor: string;
  action: string;
  subject: string;
  reason: string;
  detail: unknown;
  hash: string | null;
}
export interface AuditPage {
  entries: AuditEntry[];
  next: number | null;
}
export interface AuditCheckpoint {
  origin: string;
  size: number;
  rootHash: string;
  note: string;
  key: string;
}
export interface Problem {
  title: string;
  detail: string | null;
  remedy: string | null;
  status: number;
}
