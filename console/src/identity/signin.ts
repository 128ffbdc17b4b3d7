import { post } from "../api/client";
import type { SignedIn } from "../api/contract";
import { type AssertionOptions, assertPasskey, createPasskey, type RegistrationOptions } from "./passkey";
import type { Wallet } from "./wallet";

/** EIP-4361: the server words the message, the wallet signs it. */
export async function signInWithWallet(wallet: Wallet): Promise<SignedIn> {
  const { message } = await post<{ message: string }>("/api/auth/wallet/challenge", { address: wallet.address });
  return post<SignedIn>("/api/auth/wallet", { message, signature: await wallet.signMessage(message) });
}

export async function signInWithPasskey(): Promise<SignedIn> {
  const options = await post<AssertionOptions>("/api/auth/passkey/options");
  return post<SignedIn>("/api/auth/passkey/signin", {
    challenge: options.challenge,
    credential: await assertPasskey(options),
  });
}

export async function enrolWallet(wallet: Wallet, label: string) {
  const { message } = await post<{ message: string }>("/api/auth/wallet/enrol/challenge", { address: wallet.address });
  await post("/api/auth/wallet/enrol", { message, signature: await wallet.signMessage(message), label });
}

export async function enrolPasskey(label: string) {
  const options = await post<RegistrationOptions>("/api/auth/passkey/register/options");
  await post("/api/auth/passkey/register", {
    challenge: options.challenge,
    credential: await createPasskey(options),
    label,
  });
}
