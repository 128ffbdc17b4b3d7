import type { Problem } from "./contract";

/** A refusal of the server, in its own words: what happened and what to do. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | null,
    readonly remedy: string | null,
  ) {
    super(detail ? `${title}. ${detail}` : title);
  }
}

let csrf = "";

/** The token that proves a state change comes from this page; the server hands it out with `/api/me`. */
export function rememberCsrf(token: string) {
  csrf = token;
}

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-Quarterdeck-Csrf"] = csrf || "signing-in";
  let reply: Response;
  try {
    reply = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch {
    throw new ApiProblem(0, "The server did not answer", null, "Check that it runs and that this device is online.");
  }
  if (reply.status === 204) return undefined as T;
  const text = await reply.text();
  const json = text && reply.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : undefined;
  if (!reply.ok) {
    // Prometheus's and Alertmanager's own APIs say it in their own ways.
    const problem = (typeof json === "string" ? { error: json } : (json ?? {})) as Partial<Problem> & { error?: string };
    throw new ApiProblem(
      reply.status,
      problem.title ?? `The server answered ${reply.status}`,
      problem.detail ?? problem.error ?? null,
      problem.remedy ?? null,
    );
  }
  return json as T;
}

export const get = <T>(path: string) => send<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}) => send<T>("POST", path, body);
export const remove = <T>(path: string) => send<T>("DELETE", path);
