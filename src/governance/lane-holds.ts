/** What the attempts of one request have set aside of the accounts of their lanes, where those have caps. */
import type { Lane } from "../ir/deployment.ts";
import { totalTokens } from "../ir/usage.ts";
import type { Estimate, LaneNeed, Need } from "./estimate.ts";
import type { LedgerClient } from "./ledger-client.ts";
import type { AccountHold, AccountUse, UsageRow } from "./ledger-messages.ts";
import type { LedgerScope } from "./limit.ts";

export interface LaneHolds {
  /** False: the account's caps leave too little. At once where it has none. */
  hold(lane: Lane): boolean | Promise<boolean>;
  /** After a false: until there is room again; null: there never will be. */
  fullForMs(lane: Lane): number | null;
  /** The attempt came to nothing. */
  release(lane: Lane): void;
  /** All but what the row's lane used goes back; null: that one has none. */
  close(row: UsageRow): AccountHold | null;
}

/** `capped`: accounts that have caps, by `provider/account`. */
export function createLaneHolds(
  capped: ReadonlyMap<string, LedgerScope>,
  ledger: Pick<LedgerClient, "holdAccount" | "releaseAccount">,
  { lanes }: Estimate,
): LaneHolds {
  const holds = new Map<string, AccountHold>();
  const fullFor = new Map<string, number | null>();
  let isClosed = false;
  return {
    hold(lane) {
      const account = `${lane.provider}/${lane.account}`;
      if (!capped.has(account)) return true;
      const need = lanes.find(({ id }) => id === lane.id) ?? NO_NEED;
      return ledger.holdAccount(account, useOf(need.amount), useOf(need.least)).then((held) => {
        if (held.kind === "full") {
          fullFor.set(lane.id, held.forMs);
          return false;
        }
        if (isClosed) ledger.releaseAccount(held.hold);
        else holds.set(lane.id, held.hold);
        return !isClosed;
      });
    },
    fullForMs: ({ id }) => fullFor.get(id) ?? null,
    release({ id }) {
      const hold = holds.get(id);
      if (hold !== undefined && holds.delete(id)) ledger.releaseAccount(hold);
    },
    close({ lane, usage, costNanos }) {
      isClosed = true;
      const own = lane === null ? undefined : holds.get(lane);
      for (const hold of holds.values()) if (hold !== own) ledger.releaseAccount(hold);
      holds.clear();
      if (own === undefined) return null;
      const { account, use } = own;
      const tokens = usage === null ? 0 : (totalTokens(usage) ?? 0);
      const used = { requests: use.requests, tokens, costNanos: costNanos ?? 0 };
      const unused = { requests: 0, tokens: use.tokens - tokens, costNanos: use.costNanos - used.costNanos };
      ledger.releaseAccount({ account, use: unused });
      return { account, use: used };
    },
  };
}

/** No account has caps. */
export const NO_HOLDS: LaneHolds = {
  hold: () => true,
  fullForMs: () => null,
  release: () => undefined,
  close: () => null,
};

const NO_NEED: Pick<LaneNeed, "amount" | "least"> = { amount: { nanos: 0, tokens: 0 }, least: { nanos: 0, tokens: 0 } };

function useOf({ nanos, tokens }: Need): AccountUse {
  return { requests: 1, tokens, costNanos: nanos };
}
