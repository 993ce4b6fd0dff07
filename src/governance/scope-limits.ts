/** Which limits a scope of the ledger is held to. */
import type { Governance, Limits } from "../ir/deployment.ts";
import { NO_LIMITS, type VirtualKey } from "./keys.ts";
import type { LedgerScope } from "./limit.ts";

/** Of a key, a group, or the gates that every session or project goes through. */
export function limitsOf(
  { kind, name }: LedgerScope,
  keys: ReadonlyMap<string, VirtualKey>,
  governance: Governance,
): Limits | null {
  switch (kind) {
    case "key":
      return keys.get(name)?.limits ?? null;
    case "group":
      return Object.hasOwn(governance.groups, name) ? (governance.groups[name]?.limits ?? null) : null;
    case "session":
    case "project": {
      const gates = governance.gates.filter((gate) => gate.scope === kind);
      return {
        ...NO_LIMITS,
        budgets: gates.map(({ window, limitNanos, mode }) => ({ window, limitNanos, mode, warnAt: null })),
      };
    }
    case "account":
    case "caller":
      return null;
  }
}
