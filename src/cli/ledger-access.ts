/**
 * How commands reach keys and usage: the running gateway through its admin API; or the ledger itself, but only while no
 * gateway holds its lock.
 */
import { createSecretResolver, systemSecretSources } from "../config/secret-refs.ts";
import { HOLDS_SECRET, maskedText } from "../governance/known-secrets.ts";
import type { ManageAction, ManageReply, ManageRequest } from "../governance/ledger-messages.ts";
import type { Governance } from "../ir/deployment.ts";
import { createAdminClient, placeIn, placeOf } from "./admin-client.ts";
import type { CliIo } from "./io.ts";
import { loadConfig } from "./load-config.ts";

export interface LedgerAccess {
  /** A sentence: it could not be done. Secrets of new keys are in the answer. */
  ask(action: ManageAction, id: string | null, input: object): Promise<object | string>;
  close(): Promise<void>;
}

/** A sentence: no gateway can be asked. */
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
  const sources = systemSecretSources({ readEnv: (name) => io.env[name], nowMs: () => 0 });
  const secrets = createSecretResolver(sources).resolve;
  const direct = await onDisk({
    governance: deployment.governance,
    masked: (text) => maskedText({ deployment, secrets }, text),
    say: (line) => io.err(`${line}\n`),
  });
  if (direct.kind === "refused") return direct.why;
  if (direct.kind === "access") return direct.access;
  // The lock is held: that will be the gateway.
  const place = placeIn(deployment, io);
  if (typeof place === "string") return `${direct.why} It cannot be asked: ${place}; name its address with --url.`;
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
    close: async () => undefined,
  };
}

function wordsOf(input: object): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, String(value)]));
}

type OnDisk =
  | { readonly kind: "access"; readonly access: LedgerAccess }
  | { readonly kind: "held" | "refused"; readonly why: string };

interface OnDiskInput {
  readonly governance: Governance;
  /** Text without any secret of the configuration. */
  readonly masked: (text: string) => string;
  readonly say: (line: string) => void;
}

async function onDisk({ governance, masked, say }: OnDiskInput): Promise<OnDisk> {
  const { openToManage } = await import("../process/manage-offline.ts");
  const opened = await openToManage(governance, say);
  if (opened.kind !== "open") return opened;
  const { ledger } = opened;
  return {
    kind: "access",
    access: {
      async ask(action, id, input) {
        const said = JSON.stringify(input);
        if (masked(said) !== said) return `${HOLDS_SECRET}.`;
        const request: ManageRequest = { action, id, input, actor: "cli" };
        return shown(await ledger.manage(request));
      },
      close: ledger.close,
    },
  };
}

function shown({ status, body }: ManageReply): object | string {
  if (status < 400) return body;
  return "error" in body && typeof body.error === "string" ? `${body.error}.` : "It could not be done.";
}
