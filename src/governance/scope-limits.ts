/** Which limits a scope of the ledger is held to. */
import type { Governance, Limits } from "../ir/deployment.ts";
import { NO_LIMITS, type VirtualKey } from "./keys.ts";

/** Whoever a scope stands for: a key, a group, or one of the gates that every session or project goes through. */
export function limitsOf(scope: string, keys: ReadonlyMap<string, VirtualKey>, governance: Governance): Limits | null {
  const colon = scope.indexOf(":");
  const name = scope.slice(colon + 1);
  const kind = scope.slice(0, colon);
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
    default:
      return null;
  }
}
