import { verifyTypedData } from "viem";
import { beforeEach, expect, it } from "vitest";
import type { Credential, TypedData } from "../../src/api/contract";
import { browserKey, walletFor } from "../../src/identity/wallet";

const credential = (address: string): Credential => ({
  id: "cred_1",
  kind: "wallet",
  label: "",
  address,
  credentialId: null,
  createdAt: "",
  lastUsedAt: null,
});
const data: TypedData = {
  domain: { name: "Quarterdeck", version: "1", chainId: "31337" },
  types: {
    EIP712Domain: [
      { name: "name", type: "string" },
      { name: "version", type: "string" },
      { name: "chainId", type: "uint256" },
    ],
    PlanApproval: [
      { name: "plan", type: "bytes32" },
      { name: "expiresAt", type: "uint256" },
    ],
  },
  primaryType: "PlanApproval",
  message: { plan: `0x${"11".repeat(32)}`, expiresAt: "1732140000" },
};

beforeEach(() => localStorage.clear());

it("keeps one browser key", () => {
  expect(browserKey(false)).toBeNull();
  const made = browserKey(true);
  expect(browserKey(true)?.address).toBe(made?.address);
});

it("offers the browser key on a devnet only", () => {
  const key = browserKey(true);
  if (!key) throw new Error("no key");
  const mine = [credential(key.address)];
  expect(walletFor(mine, { environmentKind: "devnet" })?.address).toBe(key.address);
  expect(walletFor(mine, { environmentKind: "production" })).toBeNull();
});

it("signs the plan's typed data as the server serves it", async () => {
  const key = browserKey(true);
  if (!key) throw new Error("no key");
  const types = { PlanApproval: data.types.PlanApproval ?? [] };
  const signature = await key.signTypedData(data);
  const holds = await verifyTypedData({
    address: key.address as `0x${string}`,
    domain: { name: "Quarterdeck", version: "1", chainId: 31337 },
    types,
    primaryType: "PlanApproval",
    message: { plan: `0x${"11".repeat(32)}`, expiresAt: 1732140000n },
    signature,
  });
  expect(holds).toBe(true);
});
