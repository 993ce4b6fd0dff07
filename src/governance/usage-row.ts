/** From the record of an exchange to the one row that is booked for it, whatever the exchange came to. */
import { isBilled, type Operation } from "../ir/facts.ts";
import type { Usage } from "../ir/usage.ts";
import type { UsageRow, UsageState } from "./ledger-messages.ts";

/** What settling needs to know of an exchange; the record of one fits. */
export interface Settlement {
  readonly id: string;
  readonly startedWallMs: number;
  readonly durationMs: number;
  /** null: nobody was identified. */
  readonly caller: string | null;
  readonly operation: Operation | null;
  readonly target: string;
  readonly outcome: "answered" | "cut" | "failed" | "refused" | "client-gone";
  /** In order; the last one is the one the client heard of. */
  readonly attempts: readonly { readonly lane: string; readonly ambiguous: boolean; readonly billed?: unknown }[];
  readonly usage: Usage | null;
  readonly usageEstimated: boolean;
  /** null: no price is known. */
  readonly costNanos: number | null;
}

/** Booked under this name when nobody was identified. */
export const UNIDENTIFIED_CALLER = "unidentified";

/** Booked at the moment the exchange ended, so that a long stream falls into the window its tokens were seen in. */
export function toUsageRow(settlement: Settlement): UsageRow {
  return {
    id: settlement.id,
    wallMs: Math.round(settlement.startedWallMs + settlement.durationMs),
    caller: settlement.caller ?? UNIDENTIFIED_CALLER,
    target: settlement.target,
    lane: settlement.attempts.at(-1)?.lane ?? null,
    usage: settlement.usage,
    costNanos: settlement.costNanos ?? (isFree(settlement) ? 0 : null),
    state: stateOf(settlement),
  };
}

/** Nothing came of it that a vendor bills, which is not the same as a price that nobody knows. */
function isFree({ outcome, operation, attempts }: Settlement): boolean {
  if (!isBilled(operation) || outcome === "failed" || outcome === "refused") return true;
  return outcome === "client-gone" && attempts.length === 0;
}

/**
 * How far the row can be trusted. An attempt that was given up after its bytes were sent makes the row ambiguous only
 * when nothing answered after it: otherwise the row is about the answer, and the record names the attempt.
 */
function stateOf(settlement: Settlement): UsageState {
  switch (settlement.outcome) {
    case "client-gone":
      return "aborted";
    case "cut":
      return "truncated";
    case "answered":
      return settlement.usageEstimated ? "estimated" : "ok";
    case "failed":
    case "refused":
      // Of several calls some were answered, and billed, before one failed.
      if (settlement.attempts.some((attempt) => attempt.billed !== undefined)) return "truncated";
      return settlement.attempts.some((attempt) => attempt.ambiguous) ? "ambiguous" : "ok";
  }
}
