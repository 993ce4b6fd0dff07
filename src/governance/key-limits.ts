/** Which limits hold for every request of a key: its own, and those of the groups above it. */
import type { Governance } from "../ir/deployment.ts";
import { groupsOf, type VirtualKey } from "./keys.ts";
import {
  type CountLimit,
  countLimit,
  type LedgerScope,
  type MoneyLimit,
  moneyLimit,
  scopeOf,
  windowsOf,
} from "./limit.ts";

export interface KeyLimits {
  readonly scopes: readonly LedgerScope[];
  readonly money: readonly MoneyLimit[];
  readonly requests: readonly CountLimit[];
  readonly tokens: readonly CountLimit[];
  readonly slots: readonly CountLimit[];
}

/** Of a caller that is no key. */
export const NO_KEY_LIMITS: KeyLimits = { scopes: [], money: [], requests: [], tokens: [], slots: [] };

/** Null: its group is not configured (any more), so that it is not known which limits hold. */
export function keyLimitsOf(key: VirtualKey, governance: Governance): KeyLimits | null {
  const groups = groupsOf(key.group, governance.groups);
  if (groups === null) return null;
  const all = [
    { scope: scopeOf("key", key.id), limits: key.limits },
    ...groups.map(({ name, limits }) => ({ scope: scopeOf("group", name), limits })),
  ];
  const having = (kind: CountLimit["kind"], max: (limits: VirtualKey["limits"]) => number | null) =>
    all.filter(({ limits }) => max(limits) !== null).map(({ scope }) => countLimit(kind, scope));
  return {
    scopes: all.map(({ scope }) => scope),
    money: all.flatMap(({ scope, limits }) => windowsOf(limits).map((window) => moneyLimit(window, scope))),
    requests: having("requests", (limits) => limits.requestsPerMinute),
    tokens: having("tokens", (limits) => limits.tokensPerMinute),
    slots: having("slots", (limits) => limits.maxConcurrent),
  };
}
