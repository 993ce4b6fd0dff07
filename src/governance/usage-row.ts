/** From the record of an exchange to the one row that is booked for it, whatever the exchange came to. */
import { isBilled } from "../ir/facts.ts";
import { type ExchangeRecord, totalOf } from "../ir/record.ts";
import type { UsageRow, UsageState } from "./ledger-messages.ts";

/** Booked under this name when no caller was identified. */
const UNIDENTIFIED_CALLER = "unidentified";

/** Booked at the moment the exchange ended, so that a long stream falls into the window its tokens were seen in. */
export function toUsageRow(record: ExchangeRecord): UsageRow {
  const { usage, usageEstimated, costNanos } = totalOf(record);
  return {
    id: record.id,
    wallMs: Math.round(record.startedWallMs + record.durationMs),
    caller: record.caller ?? UNIDENTIFIED_CALLER,
    target: record.target,
    lane: record.attempts.at(-1)?.lane ?? null,
    usage,
    costNanos: costNanos ?? (isFree(record) ? 0 : null),
    state: stateOf(record, usageEstimated),
  };
}

/** Nothing came of it that a vendor bills, which is not the same as an unknown price. */
function isFree({ outcome, operation, attempts }: ExchangeRecord): boolean {
  if (!isBilled(operation) || outcome === "failed" || outcome === "refused") return true;
  return outcome === "client-gone" && attempts.length === 0;
}

/**
 * How far the row can be trusted. An attempt that was given up after its bytes were sent makes the row ambiguous only
 * when no later attempt answered. Otherwise the row is about the answer, and the record names the attempt.
 */
function stateOf({ outcome, attempts }: ExchangeRecord, usageEstimated: boolean): UsageState {
  switch (outcome) {
    case "client-gone":
      return "aborted";
    case "cut":
      return "truncated";
    case "answered":
      return usageEstimated ? "estimated" : "ok";
    case "failed":
    case "refused":
      // Of several calls some were answered, and billed, before one failed.
      if (attempts.some((attempt) => attempt.billed !== undefined)) return "truncated";
      return attempts.some((attempt) => attempt.ambiguous) ? "ambiguous" : "ok";
  }
}
