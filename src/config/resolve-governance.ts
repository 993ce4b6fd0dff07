/** Keys, budgets, gates and remembered answers, as the other rooms read them. */
import type { AccountCap, Budget, Deployment, Gate, Governance, KeyGroup } from "../ir/deployment.ts";
import { usdToNanos } from "../std/money.ts";
import { DEFAULTS } from "./defaults.ts";
import type { ConfigFile } from "./schema.ts";

type GovernanceFile = NonNullable<ConfigFile["governance"]>;
type GroupFile = NonNullable<GovernanceFile["groups"]>[string];

const DAY_MS = 24 * 60 * 60 * 1000;

/** Null: switched off. */
export function governanceOf(config: ConfigFile, resolvePath: (path: string) => string): Governance | null {
  const { governance } = config;
  if (governance?.enabled !== true) return null;
  const groups = Object.entries(governance.groups ?? {}).map(([name, group]): [string, KeyGroup] => [
    name,
    groupOf(name, group),
  ]);
  return {
    dbPath: resolvePath(governance.db_path ?? DEFAULTS.dbPath),
    budget: governance.budget ?? "expected",
    unpriced: governance.unpriced ?? "allow",
    keepMs: (governance.keep_days ?? DEFAULTS.keepDays) * DAY_MS,
    groups: Object.fromEntries(groups),
    gates: (governance.gates ?? []).map(gateOf),
    caps: capsOf(config),
  };
}

function capsOf({ providers }: ConfigFile): AccountCap[] {
  return Object.entries(providers).flatMap(([provider, { accounts }]) =>
    (accounts ?? []).flatMap(({ id, caps }) =>
      (caps ?? []).map(({ window, unit, limit, soft }) => ({
        account: `${provider}/${id}`,
        window,
        unit,
        limit: unit === "usd" ? usdToNanos(limit) : limit,
        soft: soft ?? null,
      })),
    ),
  );
}

export function idempotencyOf({ idempotency }: ConfigFile): Deployment["idempotency"] {
  if (idempotency?.enabled !== true) return null;
  return {
    ttlMs: (idempotency.ttl_secs ?? DEFAULTS.rememberSecs) * 1_000,
    bytesMax: idempotency.max_bytes ?? DEFAULTS.rememberBytes,
  };
}

function groupOf(name: string, group: GroupFile): KeyGroup {
  return {
    name,
    parent: group.parent ?? null,
    allowedTargets: group.allowed_pools ?? null,
    ...(group.aliases === undefined ? {} : { aliases: group.aliases === "on" }),
    ...(group.debug === undefined ? {} : { debug: group.debug }),
    limits: {
      requestsPerMinute: group.rpm_limit ?? null,
      tokensPerMinute: group.tpm_limit ?? null,
      maxConcurrent: group.max_concurrent ?? null,
      budgets: (group.budgets ?? []).map(budgetOf),
    },
  };
}

function budgetOf(budget: NonNullable<GroupFile["budgets"]>[number]): Budget {
  return {
    window: budget.window,
    limitNanos: usdToNanos(budget.limit_usd),
    mode: budget.mode ?? "hard",
    warnAt: budget.warn_at ?? null,
  };
}

function gateOf(gate: NonNullable<GovernanceFile["gates"]>[number]): Gate {
  return {
    scope: gate.scope,
    window: gate.window ?? "total",
    limitNanos: usdToNanos(gate.limit_usd),
    mode: gate.mode ?? "hard",
  };
}
