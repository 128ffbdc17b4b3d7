import { createWalletClient, custom, type EIP1193Provider, getAddress, type Hex, stringToHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Credential, Me, TypedData } from "../api/contract";

declare global {
  interface Window {
    ethereum?: EIP1193Provider;
  }
}

/** Something in this browser that signs for an address. */
export interface Wallet {
  kind: "extension" | "browser";
  address: string;
  signMessage: (message: string) => Promise<Hex>;
  signTypedData: (data: TypedData) => Promise<Hex>;
}

const browserKeyName = "quarterdeck.devnet.browser-key";
export const hasExtension = () => typeof window.ethereum !== "undefined";

/** EIP-712 as the API serves it: integers as text, and no domain type in `types`. */
function typed(data: TypedData) {
  const types = Object.fromEntries(Object.entries(data.types).filter(([name]) => name !== "EIP712Domain"));
  const domain = { ...data.domain } as Record<string, unknown>;
  if (domain.chainId !== undefined) domain.chainId = Number(domain.chainId);
  return { domain, types, primaryType: data.primaryType, message: data.message } as never;
}

function fromKey(key: Hex): Wallet {
  const account = privateKeyToAccount(key);
  return {
    kind: "browser",
    address: account.address,
    signMessage: (message) => account.signMessage({ message }),
    signTypedData: (data) => account.signTypedData(typed(data)),
  };
}

/** The key kept in this browser: for devnets only, where losing or leaking it costs nothing. */
export function browserKey(create: boolean): Wallet | null {
  let key = localStorage.getItem(browserKeyName) as Hex | null;
  if (!key && create) {
    key = generatePrivateKey();
    localStorage.setItem(browserKeyName, key);
  }
  return key ? fromKey(key) : null;
}

function fromExtension(provider: EIP1193Provider, address: string): Wallet {
  const account = getAddress(address);
  return {
    kind: "extension",
    address: account,
    signMessage: (message) => provider.request({ method: "personal_sign", params: [stringToHex(message), account] }),
    signTypedData: (data) => createWalletClient({ account, transport: custom(provider) }).signTypedData(typed(data)),
  };
}

/** Asks the wallet extension for its account. */
export async function connectExtension(): Promise<Wallet> {
  const provider = window.ethereum;
  if (!provider) throw new Error("There is no wallet extension in this browser.");
  const [address] = await provider.request({ method: "eth_requestAccounts" });
  if (!address) throw new Error("The wallet gave no account.");
  return fromExtension(provider, address);
}

/** The wallet of this browser that holds one of the operator's enrolled addresses. */
export function walletFor(enrolled: Credential[], me: Pick<Me, "environmentKind">): Wallet | null {
  const addresses = new Set(enrolled.map((credential) => credential.address?.toLowerCase()));
  const key = me.environmentKind === "devnet" ? browserKey(false) : null;
  if (key && addresses.has(key.address.toLowerCase())) return key;
  const [first] = enrolled;
  return window.ethereum && first?.address ? fromExtension(window.ethereum, first.address) : null;
}
