// A protocol in the middle of an emergency, for looking at the console without a server.
const now = Date.now();
const ago = (seconds) => new Date(now - seconds * 1000).toISOString();
const ahead = (seconds) => new Date(now + seconds * 1000).toISOString();
const address = (seed) =>
  `0x${[...Array(40)].map((_, i) => "0123456789abcdef"[(seed * 7 + i * i * seed + i) % 16]).join("")}`;
const hash = (seed) =>
  `0x${[...Array(64)].map((_, i) => "0123456789abcdef"[(seed * 5 + i * 11 + i * i) % 16]).join("")}`;
const wave = (base, swing) =>
  [...Array(30)].map((_, i) => base + swing * Math.sin(i / 4) + (swing / 3) * Math.sin(i * 1.7));

const incidentId = "inc_01k5x3c9q2";
const runId = "run_01k5x3d1wz";
const planHash = hash(3);
const pausable = ["BorrowModule", "SMUSD", "DirectMintV2", "BLEBridgeV9"];
const policy = {
  name: "emergency-pause",
  required: 2,
  roles: ["approver"],
  requesterCounts: false,
  typeTargetName: false,
};

const alert = (name, severity, state, summary, value, expression, extra = {}) => ({
  id: name,
  pack: "musd",
  name,
  state,
  severity,
  labels: { token: "MUSD" },
  annotations: { summary, runbook: "emergency-pause" },
  value,
  expression,
  activeAt: ago(70),
  firedAt: state === "pending" ? null : ago(58),
  resolvedAt: null,
  block: 18203,
  ...extra,
});
const alerts = [
  alert(
    "SupplyCapBreached",
    "critical",
    "firing",
    "mUSD supply 100,412,000 is above the attested cap 100,000,000",
    "1.00412",
    "musd_total_supply / musd_supply_cap > 1",
  ),
  alert(
    "ReserveRatioLow",
    "warning",
    "pending",
    "Reserves cover 98.1 % of supply",
    "0.981",
    "musd_reserve_ratio < 0.99",
    { labels: {} },
  ),
];
const plan0 = { hash: planHash, stage: 0, state: "pending", required: 2, approvals: 1, expiresAt: ahead(1640) };
const runSummary = {
  id: runId,
  pack: "musd",
  runbook: "emergency-pause",
  title: "Emergency pause",
  state: "awaiting_approval",
  incidentId,
  proposedBy: "system:alerts",
  createdAt: ago(52),
  endedAt: null,
  stepsDone: 2,
  stepsTotal: 11,
  pendingPlan: plan0,
};
const incidentSummary = {
  id: incidentId,
  title: "SupplyCapBreached on mUSD",
  severity: "critical",
  state: "open",
  openedAt: ago(57),
  acknowledgedAt: null,
  resolvedAt: null,
  pack: "musd",
  runIds: [runId],
};
const runbookSummary = {
  pack: "musd",
  slug: "emergency-pause",
  title: "Emergency pause",
  severity: "critical",
  alerts: ["SupplyCapBreached", "SharePriceDrop"],
  steps: 11,
  writes: 4,
};
const source = `---
title: Emergency pause
severity: critical
alerts: [SupplyCapBreached, SharePriceDrop]
policy: emergency-pause
---

# Emergency pause

Stops new debt, then new shares, then new supply, then attestations. The order matters.

1. See what the protocol says now.

   \`\`\`bash
   cast call $BORROW_MODULE "paused()(bool)"
   cast call $MUSD "totalSupply()(uint256)"
   \`\`\`

2. Pause, in this order.

   > approve: 2 operators

   \`\`\`bash
   cast send $BORROW_MODULE "pause()" --account pauser
   cast send $SMUSD "pause()" --account pauser
   cast send $DIRECT_MINT "pause()" --account pauser
   cast send $BLE_BRIDGE "pause()" --account pauser
   \`\`\`

3. Check each.

   > check: sum(musd_paused) == 4

4. Tell the partners' channel and note the time here.
`;
const steps = [
  ["call", 'cast call $BORROW_MODULE "paused()(bool)"', 15, "done", "false"],
  ["call", 'cast call $MUSD "totalSupply()(uint256)"', 16, "done", "100412000000000000000000000  (100,412,000 mUSD)"],
  ["approve", "2 operators", 21, "waiting", null],
  ["send", 'cast send $BORROW_MODULE "pause()" --account pauser', 24, "pending", null],
  ["send", 'cast send $SMUSD "pause()" --account pauser', 25, "pending", null],
  ["send", 'cast send $DIRECT_MINT "pause()" --account pauser', 26, "pending", null],
  ["send", 'cast send $BLE_BRIDGE "pause()" --account pauser', 27, "pending", null],
  ["check", "sum(musd_paused) == 4", 32, "pending", null],
  ["manual", "Tell the partners' channel and note the time here.", 34, "pending", null],
];
const step = ([kind, text, line, state, output], index) => ({
  index,
  line,
  kind,
  text,
  state,
  startedAt: state === "pending" ? null : ago(50 - index),
  endedAt: state === "done" ? ago(49.6 - index) : null,
  waitUntil: null,
  output,
  error: null,
  transaction: null,
});
const run = { ...runSummary, reason: "SupplyCapBreached fires", error: null, steps: steps.map(step), plans: [plan0] };
const transaction = (i) => ({
  id: `tx_${i}`,
  runId: "run_running",
  chain: "ethereum",
  from: address(9),
  to: address(i),
  nonce: 40 + i,
  hash: hash(20 + i),
  block: i < 3 ? 18190 + i : null,
  state: i < 3 ? "confirmed" : "broadcast",
  error: null,
});
const running = {
  ...run,
  id: "run_running",
  state: "running",
  pendingPlan: null,
  stepsDone: 5,
  plans: [{ ...plan0, state: "executing", approvals: 2 }],
  steps: steps.map((s, i) => {
    const made = step(
      i < 5 ? [s[0], s[1], s[2], "done", s[4] ?? "paused() = true"] : i === 5 ? [s[0], s[1], s[2], "running", null] : s,
      i,
    );
    return s[0] === "send" && i <= 5 ? { ...made, transaction: transaction(i - 2) } : made;
  }),
};
const finished = {
  ...runSummary,
  id: "run_old",
  title: "Unpause",
  runbook: "unpause",
  state: "succeeded",
  stepsDone: 14,
  stepsTotal: 14,
  endedAt: ago(86000),
  createdAt: ago(180000),
  pendingPlan: null,
  proposedBy: "operator:alice",
  incidentId: null,
};

const plan = (grave) => ({
  hash: planHash,
  canonical: JSON.stringify({
    environment: "devnet",
    runbook: "musd/emergency-pause",
    calls: pausable.map((name) => ({ target: name, function: "pause()" })),
  }),
  state: "pending",
  runId,
  runbook: "emergency-pause",
  title: grave ? "Unpause" : "Emergency pause",
  environment: "devnet",
  requestedBy: "system:alerts",
  createdAt: ago(52),
  expiresAt: ahead(1640),
  policy: grave ? { ...policy, name: "unpause", typeTargetName: true } : policy,
  reason: "SupplyCapBreached fires",
  calls: pausable.map((name, i) => ({
    position: i + 1,
    chain: "ethereum",
    target: address(i + 2),
    targetName: name,
    function: grave ? "unpause()" : "pause()",
    args: i === 2 && grave ? [{ name: "delay", type: "uint256", value: "86400" }] : [],
    calldata: "0x8456cb59",
    value: "0",
    from: address(9),
    class: grave ? "unpause" : "pause",
    account: "pauser",
    afterSeconds: i === 2 && grave ? 86400 : 0,
    inverse: grave ? null : "unpause()",
    simulation: {
      outcome: i === 3 && grave ? "reverts" : "succeeds",
      gasUsed: 28000 + i * 411,
      reason: i === 3 && grave ? "TimelockNotElapsed(1732140000)" : null,
      effects: i === 3 && grave ? [] : [`Paused(account = ${address(9)})`],
    },
  })),
  approvals: [{ operator: "operator:bob", kind: "wallet", at: ago(14) }],
  notCovered: [
    "Treasury and PriceOracle have no pause.",
    "Redemptions of sMUSD that were queued before block 18,203 stay queued.",
  ],
  simulatedAt: 18204,
  passkeyChallenge: "AAAA",
  typedData: {
    domain: { name: "Quarterdeck", version: "1", chainId: 31337 },
    types: { PlanApproval: [{ name: "plan", type: "bytes32" }] },
    primaryType: "PlanApproval",
    message: { plan: planHash },
  },
});

const metric = (name, help, unit, value, swing, labels = {}) => ({
  name,
  help,
  unit,
  labels,
  value,
  exact: String(value),
  block: 18204,
  recent: wave(value, swing),
});
const overview = () => ({
  environment: "devnet",
  environmentKind: "devnet",
  refused: [
    {
      file: "protocols/paco/alerts.yaml",
      line: 14,
      severity: "error",
      code: "promql-syntax",
      message: 'unexpected ")" in expression.',
      remedy: "Close the bracket opened at column 9.",
    },
  ],
  packs: [
    {
      name: "musd",
      title: "Minted mUSD",
      chains: [
        {
          name: "ethereum",
          chainId: "eip155:31337",
          head: {
            number: 18204 + Math.floor((Date.now() - now) / 1000),
            hash: hash(1),
            time: new Date(Math.floor(Date.now() / 1000) * 1000).toISOString(),
          },
          lagSeconds: 0.4,
        },
      ],
      contracts: [
        ...pausable.map((name, i) => ({
          name,
          chain: "ethereum",
          address: address(i + 2),
          pausable: true,
          paused: i === 0,
        })),
        ...["MUSD", "Treasury", "PriceOracle"].map((name, i) => ({
          name,
          chain: "ethereum",
          address: address(i + 11),
          pausable: false,
          paused: null,
        })),
      ],
      services: [
        { name: "relay", up: true },
        { name: "validator1", up: true },
        { name: "validator2", up: false },
      ],
      metrics: [
        metric("musd_total_supply", "mUSD in circulation", "musd", 100412000, 300000),
        metric("musd_supply_cap", "Supply cap", "musd", 100000000, 0),
        metric("musd_reserve_ratio", "Reserves over supply", "ratio", 0.9812, 0.004),
        metric("smusd_share_price", "sMUSD share price", "musd", 1.0312, 0.002),
        metric("musd_price", "Oracle price", "usd", 3121.55, 40, { token: "WETH" }),
        metric("musd_oracle_age_seconds", "Age of the oldest price in use", "seconds", 41, 20),
        metric("musd_liquidations_total", "Liquidations", "events", 17, 2),
        {
          ...metric("musd_attestation_age", "Age of the last attestation", "seconds", 0, 0),
          value: null,
          exact: null,
          recent: [],
        },
      ],
    },
  ],
  firing: alerts.filter((a) => a.state === "firing"),
  openIncidents: [incidentSummary],
  activeRuns: [runSummary],
});
const timeline = [
  {
    at: ago(70),
    kind: "alert",
    actor: "system:alerts",
    text: "SupplyCapBreached is pending: value 1.00412",
    ref: null,
  },
  { at: ago(58), kind: "alert", actor: "system:alerts", text: "SupplyCapBreached fires at block 18,203", ref: null },
  { at: ago(57), kind: "opened", actor: "system:incidents", text: "Incident opened with severity critical", ref: null },
  { at: ago(52), kind: "run", actor: "system:alerts", text: "Run of emergency-pause proposed", ref: runId },
  {
    at: ago(51),
    kind: "plan",
    actor: "system:runs",
    text: "Plan of 4 calls simulated: all would succeed",
    ref: planHash,
  },
  { at: ago(14), kind: "approval", actor: "operator:bob", text: "bob approved with a wallet, 1 of 2", ref: planHash },
];
const me = {
  operator: {
    id: "op_1",
    name: "alice",
    roles: ["operator", "approver"],
    permissions: [
      "incidents.respond",
      "runs.propose",
      "runs.operate",
      "plans.approve",
      "plans.reject",
      "audit.read",
      "audit.export",
    ],
    credentials: [
      {
        id: "cred_1",
        kind: "passkey",
        label: "Passkey on MacBook",
        address: null,
        credentialId: "AAAA",
        createdAt: ago(864000),
        lastUsedAt: ago(3200),
      },
      {
        id: "cred_2",
        kind: "wallet",
        label: "Browser key (devnet only)",
        address: address(21),
        credentialId: null,
        createdAt: ago(86400),
        lastUsedAt: null,
      },
    ],
    removedAt: null,
  },
  csrf: "fixture",
  environment: "devnet",
  environmentKind: "devnet",
};
const entry = (index, actor, action, subject, reason, detail) => ({
  index,
  time: ago(900 - index * 5),
  actor,
  action,
  subject,
  reason,
  detail: detail ?? null,
  hash: hash(index),
});

export function answer(path, { signedOut, grave, empty }) {
  const [where] = path.split("?");
  if (where === "/api/auth/methods")
    return { environment: "devnet", environmentKind: "devnet", passkeyHosts: ["localhost"], chainId: 31337 };
  if (signedOut) return null;
  if (where === "/api/me") return me;
  if (where === "/api/overview")
    return empty
      ? {
          ...overview(),
          firing: [],
          openIncidents: [],
          activeRuns: [],
          refused: [],
          packs: overview().packs.map((p) => ({
            ...p,
            contracts: p.contracts.map((c) => ({ ...c, paused: c.pausable ? false : null })),
            services: p.services.map((s) => ({ ...s, up: true })),
          })),
        }
      : overview();
  if (where === "/api/alerts") return empty ? [] : alerts;
  if (where === "/api/incidents") return empty ? [] : [incidentSummary];
  if (where.startsWith("/api/incidents/"))
    return { ...incidentSummary, alerts, timeline, runbooks: [runbookSummary], runs: [runSummary] };
  if (where === "/api/runs") return empty ? [] : [runSummary, finished];
  if (where === "/api/runs/run_running") return running;
  if (where.startsWith("/api/runs/")) return run;
  if (where.startsWith("/api/plans/")) return plan(grave);
  if (where === "/api/runbooks")
    return [
      runbookSummary,
      { ...runbookSummary, slug: "unpause", title: "Unpause", severity: "high", alerts: [], steps: 14, writes: 5 },
    ];
  if (where.startsWith("/api/runbooks/"))
    return {
      ...runbookSummary,
      policy: "emergency-pause",
      hash: hash(8),
      source,
      steps: steps.map(([kind, text, line], index) => ({
        index,
        line,
        kind,
        text,
        detail: kind === "send" ? "pause() of role PAUSER_ROLE; class pause" : null,
        onFailure: null,
      })),
      findings: [
        {
          file: "runbooks/emergency-pause.md",
          line: 27,
          severity: "warning",
          code: "order",
          message: "BLEBridgeV9 is paused last; attestations can raise the cap until then.",
          remedy: "Move it before DirectMintV2, or say why not.",
        },
      ],
    };
  if (where === "/api/readiness")
    return [
      {
        pack: "musd",
        runbook: "emergency-pause",
        title: "Emergency pause",
        policy,
        block: 18204,
        ready: false,
        calls: pausable.map((contract, i) => ({
          contract,
          address: address(i + 2),
          function: "pause()",
          from: address(9),
          paused: i === 0,
          success: i !== 2,
          error: i === 2 ? "AccessControlUnauthorizedAccount: sender lacks PAUSER_ROLE" : null,
        })),
      },
    ];
  if (where === "/api/audit/checkpoint")
    return {
      origin: "quarterdeck.devnet",
      size: 1204,
      rootHash: hash(77),
      note: "quarterdeck.devnet\n1204\nq1w2…=\n\n— quarterdeck.devnet AbCd…",
      key: "quarterdeck.devnet+ab12cd34+AQ…",
    };
  if (where === "/api/audit")
    return {
      entries: [
        entry(1203, "operator:bob", "plan.approved", planHash, "", { kind: "wallet", policy: "emergency-pause" }),
        entry(1202, "system:runs", "plan.proposed", planHash, "emergency-pause", { calls: 4 }),
        entry(1201, "system:alerts", "run.proposed", runId, "SupplyCapBreached fires"),
        entry(1200, "system:incidents", "incident.opened", incidentId, "SupplyCapBreached fires"),
      ],
      next: 1199,
    };
  if (where === "/api/operators")
    return [
      {
        id: "op_1",
        name: "alice",
        roles: ["operator", "approver"],
        credentialKinds: ["passkey", "wallet"],
        lastSeenAt: ago(3),
        removedAt: null,
      },
      {
        id: "op_2",
        name: "bob",
        roles: ["operator", "approver"],
        credentialKinds: ["wallet"],
        lastSeenAt: ago(22),
        removedAt: null,
      },
      { id: "op_3", name: "carol", roles: ["viewer"], credentialKinds: [], lastSeenAt: null, removedAt: null },
    ];
  if (where === "/api/sessions")
    return [
      {
        id: "ses_1",
        current: true,
        method: "passkey",
        createdAt: ago(3000),
        lastSeenAt: ago(2),
        expiresAt: ahead(26000),
        agent: "Chromium on Linux",
      },
      {
        id: "ses_2",
        current: false,
        method: "wallet",
        createdAt: ago(8000),
        lastSeenAt: ago(4000),
        expiresAt: ahead(20000),
        agent: "Safari on iPhone",
      },
    ];
  return undefined;
}
export const places = { incidentId, runId, planHash };
