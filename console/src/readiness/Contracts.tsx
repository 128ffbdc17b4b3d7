import { Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { PausableContract } from "../api/contract";
import { pausable } from "../api/queries";
import { Answer, Empty } from "../kit/Answer";
import { StateChip } from "../kit/Chip";
import { group, plural, span } from "../kit/format";
import { Hash } from "../kit/Hash";
import { Panel } from "../kit/Panel";

/** For each pausable contract: could it be paused at this block, who would sign, and how long it took when rehearsed. */
export function Contracts() {
  const answer = useQuery({ ...pausable, refetchInterval: 15_000 });
  return (
    <Answer of={answer}>
      {(all) => (
        <Panel title={`Each pausable contract (${all.length})`} flush>
          {all.length === 0 && (
            <Empty title="No contract can be paused">
              Name the <code>pause</code> of a contract in protocol.yaml.
            </Empty>
          )}
          {all.map((contract) => (
            <Row key={contract.pack + contract.contract} contract={contract} />
          ))}
        </Panel>
      )}
    </Answer>
  );
}

function Row({ contract }: { contract: PausableContract }) {
  const { policy, signers, reachable } = contract;
  const short = reachable < policy.required;
  return (
    <div className="qd-row">
      <Group justify="space-between" gap="xs" align="flex-start">
        <Group gap="xs">
          <Text fw={600}>
            {contract.contract}
            <Text span c="dimmed">
              .{contract.function}
            </Text>
          </Text>
          <Hash value={contract.address} label={`address of ${contract.contract}`} />
          <Text size="sm" c="dimmed">
            {contract.pack}
            {contract.block !== null && ` · block ${group(contract.block)}`}
          </Text>
        </Group>
        {contract.paused ? (
          <StateChip state="paused" />
        ) : (
          <StateChip
            state={contract.ready ? "succeeded" : "failed"}
            text={contract.ready ? "Can be paused now" : "Cannot be paused now"}
          />
        )}
      </Group>
      {contract.problem && (
        <Text size="sm" c="var(--qd-critical)" mt={2} style={{ overflowWrap: "anywhere" }}>
          {contract.problem}
        </Text>
      )}
      {!contract.paused &&
        !contract.ready &&
        contract.accounts
          .filter((account) => account.refusal ?? account.signerProblem)
          .map((account) => (
            <Text key={account.account} size="sm" c="var(--qd-critical)" mt={2} style={{ overflowWrap: "anywhere" }}>
              From {account.account}: {[account.refusal, account.signerProblem].filter(Boolean).join("; ")}
            </Text>
          ))}
      {!contract.paused && contract.runbook === null && (
        <Text size="sm" c="var(--qd-critical)" mt={2}>
          No runbook pauses it, so nobody can propose it here. Write one with its pause, and name it under <code>propose</code> in
          policies.yaml.
        </Text>
      )}
      <Text size="sm" mt={2} c={short ? "var(--qd-critical)" : undefined} fw={short ? 600 : undefined}>
        {reachable} of {plural(signers.length, "signer")} can be reached, {policy.required} needed:{" "}
        {signers.map((signer) => `${signer.name}${signer.signedIn ? " (signed in)" : signer.reachable ? "" : " (no credential)"}`).join(", ") ||
          "nobody"}
      </Text>
      <Text size="sm" c="dimmed">
        {contract.expectedContainedMs === null
          ? "How long it takes is not known: that was not rehearsed."
          : `Contained in ${contract.expectedContainedMs < 60_000 ? `${(contract.expectedContainedMs / 1000).toFixed(1)} s` : span(contract.expectedContainedMs)} when rehearsed (median).`}
      </Text>
    </div>
  );
}
