/** How commands speak to a running gateway: its admin API, with the admin token, and every failure as a sentence that says what to do. */
import { createSecretResolver, systemSecretSources } from "../config/secret-refs.ts";
import type { Deployment } from "../ir/deployment.ts";
import { asObject, asText, at, type JsonObject, parseJson } from "../std/json.ts";
import { Secret } from "../std/secret.ts";
import { WireError } from "../std/wire-error.ts";
import type { CliIo } from "./io.ts";

export interface AdminPlace {
  /** `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string;
  readonly token: Secret;
}

export type AdminReply =
  | { readonly kind: "answer"; readonly body: JsonObject }
  /** It answered, and said no. */
  | { readonly kind: "refused"; readonly status: number; readonly code: string; readonly message: string }
  /** No answer there, or one that is not Ringmain's. */
  | { readonly kind: "unreachable"; readonly message: string };

export interface AdminClient {
  /** `path` begins with `/admin/`. Never rejects. */
  call(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: object): Promise<AdminReply>;
}

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export function createAdminClient({ url, token }: AdminPlace): AdminClient {
  return {
    async call(method, path, body) {
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
      try {
        const response = await fetch(`${url}${path}`, {
          method,
          // The token is for this address only.
          redirect: "manual",
          proxy: "",
          signal: stop.signal,
          headers: {
            authorization: `Bearer ${token.reveal()}`,
            accept: "application/json",
            ...(body === undefined ? {} : { "content-type": "application/json" }),
          },
          body: body === undefined ? null : JSON.stringify(body),
        });
        return await readReply(url, response);
      } catch {
        // Its message may hold the address and more; why it failed does not change what to do.
        const why = stop.signal.aborted ? "does not answer in time" : "cannot be reached";
        return {
          kind: "unreachable",
          message: `The gateway at ${url} ${why}. Is it running, and is that its address?`,
        };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function readReply(url: string, response: Response): Promise<AdminReply> {
  const length = Number(response.headers.get("content-length") ?? 0);
  const text = length > ANSWER_BYTES_MAX ? "" : await response.text();
  const body = response.status === 204 ? {} : objectIn(text);
  if (response.ok && body !== null) return { kind: "answer", body };
  const code = asText(at(body, "error", "code")) ?? "";
  if (response.status === 401) {
    return refusal(response.status, "unauthenticated", `The gateway at ${url} does not take this admin token.`);
  }
  if (response.status === 404 && asText(at(body, "error", "message")) === undefined) {
    return { kind: "unreachable", message: `What answers at ${url} is no Ringmain.` };
  }
  if (response.status === 404 && code !== "not_found" && code !== "unknown_model") {
    return refusal(
      404,
      "no_admin",
      `The gateway at ${url} has no admin API; set admin: { token_env: NAME } and restart it.`,
    );
  }
  const message = asText(at(body, "error", "message"));
  return refusal(response.status, code, message ?? `The gateway at ${url} answered ${response.status}.`);
}

function refusal(status: number, code: string, message: string): AdminReply {
  return { kind: "refused", status, code, message };
}

function objectIn(text: string): JsonObject | null {
  try {
    return asObject(parseJson(text)) ?? null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** The variable that holds the token where no configuration names another. */
export const TOKEN_VARIABLE = "RINGMAIN_ADMIN_TOKEN";

/** A gateway that is named by its address, with the token of the environment. A sentence: something is missing. */
export function placeOf(url: string, io: CliIo): AdminPlace | string {
  const token = io.env[TOKEN_VARIABLE]?.trim() ?? "";
  if (!/^https?:\/\/[^/\s@?#]+\/*$/.test(url))
    return `${JSON.stringify(url)} is no address such as http://127.0.0.1:8080.`;
  if (token === "") return `Set ${TOKEN_VARIABLE} to the admin token of the gateway at ${url}.`;
  return { url: url.replace(/\/+$/, ""), token: new Secret(token) };
}

/** The gateway of a configuration, at its own address. A sentence: it has no admin API that could be asked. */
export function placeIn(deployment: Deployment, io: CliIo): AdminPlace | string {
  const { adminToken, listen } = deployment;
  if (adminToken === null) return "the configuration has no admin token";
  const sources = systemSecretSources({ readEnv: (name) => io.env[name], nowMs: () => 0 });
  const token = createSecretResolver(sources).resolve(adminToken);
  if (token === null) return "the admin token cannot be read";
  if (listen.port === 0) return "the configuration does not say on which port it listens";
  return { url: `http://${hostFor(listen.host)}:${listen.port}`, token };
}

/** An address that stands for all of them is reached on this machine. */
function hostFor(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
