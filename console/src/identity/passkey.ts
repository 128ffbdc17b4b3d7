import type { Credential } from "../api/contract";

/** A passkey belongs to a host name; an IP address cannot have one. */
export const passkeysWork = () =>
  window.isSecureContext && "PublicKeyCredential" in window && !/^(\d+\.){3}\d+$|:/.test(location.hostname);

/** This page at the host name that can have passkeys, when the current one cannot; else null. */
export function passkeyPlace(): string | null {
  if (passkeysWork() || !["127.0.0.1", "[::1]"].includes(location.hostname)) return null;
  return location.href.replace(location.hostname, "localhost");
}

function toBase64Url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}

export interface RegistrationOptions {
  challenge: string;
  rp: { id: string; name: string };
  user: { id: string; name: string; displayName: string };
  pubKeyCredParams: { type: "public-key"; alg: number }[];
  excludeCredentials: string[];
}
export interface AssertionOptions {
  challenge: string;
  rpId: string;
  allowCredentials: string[];
}

export async function createPasskey(options: RegistrationOptions) {
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: fromBase64Url(options.challenge),
      rp: options.rp,
      user: { ...options.user, id: fromBase64Url(options.user.id) },
      pubKeyCredParams: options.pubKeyCredParams,
      excludeCredentials: options.excludeCredentials.map((id) => ({ type: "public-key", id: fromBase64Url(id) })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
      timeout: 120_000,
    },
  })) as PublicKeyCredential | null;
  if (!made) throw new Error("No passkey was made.");
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    id: made.id,
    type: made.type,
    response: {
      clientDataJSON: toBase64Url(response.clientDataJSON),
      attestationObject: toBase64Url(response.attestationObject),
    },
  };
}

export async function assertPasskey(options: AssertionOptions) {
  const given = (await navigator.credentials.get({
    publicKey: {
      challenge: fromBase64Url(options.challenge),
      rpId: options.rpId,
      allowCredentials: options.allowCredentials.map((id) => ({ type: "public-key", id: fromBase64Url(id) })),
      userVerification: "required",
      timeout: 120_000,
    },
  })) as PublicKeyCredential | null;
  if (!given) throw new Error("No passkey was used.");
  const response = given.response as AuthenticatorAssertionResponse;
  return {
    id: given.id,
    type: given.type,
    response: {
      clientDataJSON: toBase64Url(response.clientDataJSON),
      authenticatorData: toBase64Url(response.authenticatorData),
      signature: toBase64Url(response.signature),
      userHandle: response.userHandle ? toBase64Url(response.userHandle) : null,
    },
  };
}

/** Signs a plan: the server derives the challenge from the plan's hash, so the signature is over exactly this plan. */
export const signWithPasskey = (challenge: string, passkeys: Credential[]) =>
  assertPasskey({
    challenge,
    rpId: location.hostname,
    allowCredentials: passkeys.flatMap((passkey) => (passkey.credentialId ? [passkey.credentialId] : [])),
  });
