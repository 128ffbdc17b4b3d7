import type { Plan } from "../api/contract";
import { useMe } from "../identity/me";
import { signWithPasskey } from "../identity/passkey";
import { walletFor } from "../identity/wallet";

/** What is signed: a plan, or a standing approval. */
export type Signable = Pick<
  Plan,
  "hash" | "calls" | "policy" | "approvals" | "requestedBy" | "typedData" | "passkeyChallenge"
> &
  Partial<Pick<Plan, "actions">>;
export type Way = "wallet" | "passkey";

/** What the operator can sign with in this browser, and the evidence that comes of it. */
export function useSigning(of: Pick<Signable, "typedData" | "passkeyChallenge">) {
  const me = useMe();
  const wallets = me.operator.credentials.filter((credential) => credential.kind === "wallet");
  // A Safe takes its owners' signatures over its own transaction; it knows no passkeys.
  const safe = of.typedData.primaryType === "SafeTx" ? String(of.typedData.domain.verifyingContract) : null;
  const passkeys = me.operator.credentials.filter((credential) => credential.kind === "passkey" && safe === null);
  const wallet = walletFor(wallets, me);
  const evidence = async (kind: Way) => {
    if (kind === "passkey") return { kind, credential: await signWithPasskey(of.passkeyChallenge, passkeys) };
    if (!wallet) throw new Error("No wallet of yours is reachable from this browser.");
    return { kind, signature: await wallet.signTypedData(of.typedData) };
  };
  return { wallets, passkeys, wallet, safe, evidence };
}
