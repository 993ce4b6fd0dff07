/**
 * How commands reach keys and usage: the running gateway through its admin API; or the ledger itself, but only while no
 * gateway holds its lock.
 */
import type { ManageAction, ManageReply, ManageRequest } from "../governance/store.ts";
import type { Deployment } from "../ir/deployment.ts";
import { createAdminClient, placeIn, placeOf } from "./admin-client.ts";
import type { CliIo } from "./io.ts";

export interface LedgerAccess {
  /** A sentence: it could not be done. Secrets of new keys are in the answer. */
  ask(action: ManageAction, id: string | null, input: object): Promise<object | string>;
  close(): void;
}

/** A sentence: there is nobody to ask. */
export async function openAccess(
  args: readonly string[],
  url: string | null,
  io: CliIo,
): Promise<LedgerAccess | string> {
  if (url !== null) {
    const place = placeOf(url, io);
    return typeof place === "string" ? place : overHttp(createAdminClient(place));
  }
  const deployment = await loadConfig(args, io);
  if (typeof deployment === "string") return deployment;
  if (deployment.governance === null) return "The configuration has no keys: set governance: { enabled: true }.";
  const direct = await onDisk(deployment);
  if (typeof direct !== "string") return direct;
  // Somebody holds the lock: that will be the gateway.
  const place = placeIn(deployment, io);
  if (typeof place === "string") return `${direct} It cannot be asked: ${place}; name its address with --url.`;
  return overHttp(createAdminClient(place));
}

const PATHS: Readonly<Record<ManageAction, readonly ["GET" | "POST" | "PATCH" | "DELETE", (id: string) => string]>> = {
  create: ["POST", () => "/admin/keys"],
  list: ["GET", () => "/admin/keys"],
  show: ["GET", (id) => `/admin/keys/${id}`],
  update: ["PATCH", (id) => `/admin/keys/${id}`],
  delete: ["DELETE", (id) => `/admin/keys/${id}`],
  disable: ["POST", (id) => `/admin/keys/${id}/disable`],
  enable: ["POST", (id) => `/admin/keys/${id}/enable`],
  rotate: ["POST", (id) => `/admin/keys/${id}/rotate`],
  revoke: ["POST", (id) => `/admin/keys/${id}/revoke`],
  "key-usage": ["GET", (id) => `/admin/keys/${id}/usage`],
  usage: ["GET", () => "/admin/usage"],
  audit: ["GET", () => "/admin/audit"],
};

function overHttp(client: ReturnType<typeof createAdminClient>): LedgerAccess {
  return {
    async ask(action, id, input) {
      const [method, path] = PATHS[action];
      const query = method === "GET" ? new URLSearchParams(wordsOf(input)).toString() : "";
      const reply = await client.call(
        method,
        `${path(encodeURIComponent(id ?? ""))}${query === "" ? "" : `?${query}`}`,
        method === "POST" || method === "PATCH" ? input : undefined,
      );
      return reply.kind === "answer" ? reply.body : reply.message;
    },
    close: () => undefined,
  };
}

function wordsOf(input: object): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(value)]));
}

/** A sentence: somebody else has it, or it cannot be opened. */
async function onDisk({ governance }: Deployment): Promise<LedgerAccess | string> {
  if (governance === null) return "";
  const { openToManage } = await import("../process/manage-offline.ts");
  const opened = openToManage(governance);
  if (typeof opened === "string") return opened;
  return {
    async ask(action, id, input) {
      const request: ManageRequest = { action, id, input, actor: "cli" };
      return shown(await opened.manage(request));
    },
    close: opened.close,
  };
}

function shown({ status, body }: ManageReply): object | string {
  if (status < 400) return body;
  return "error" in body && typeof body.error === "string" ? `${body.error}.` : "It could not be done.";
}

async function loadConfig(args: readonly string[], io: CliIo): Promise<Deployment | string> {
  const { fileExists, findConfig, formatProblem, loadDeployment, readFileOrNull } = await import("../config/index.ts");
  const found = findConfig({ argv: args, env: io.env, exists: fileExists, cwd: io.cwd });
  const [missing] = found.explicitMissing;
  if (missing !== undefined) return `${missing} does not exist.`;
  if (found.config === null)
    return "No config.yaml was found; name one with --config, or a running gateway with --url.";
  const { deployment, problems } = loadDeployment({
    configPath: found.config,
    providersPath: found.providers,
    env: io.env,
    readFile: readFileOrNull,
  });
  if (deployment !== null) return deployment;
  return `${problems.map((problem) => `${formatProblem(problem)}\n`).join("")}The configuration has mistakes.`;
}
