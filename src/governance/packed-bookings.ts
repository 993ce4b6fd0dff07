/**
 * Bookings as they cross from a worker to the writer: what rows of one key have in common stands in a message once, and a
 * row is a short list. A message of JSON costs by its length, and whole bookings repeat most of theirs.
 */
import type { Usage } from "../ir/usage.ts";
import type { Booking, CommonPart, PackedBookings, PackedCounts, PackedRow, PackedUsage } from "./ledger-messages.ts";

/** Parts that are looked at for each row, the newest first: rows of many keys would compare with all of them. */
const LOOKED_AT_MAX = 8;

export function packBookings(bookings: readonly Booking[]): PackedBookings {
  const common: CommonPart[] = [];
  const rows = bookings.map((booking): PackedRow => {
    let at = placeOf(common, booking);
    if (at < 0) {
      const { row, scopes, leases, revision } = booking;
      at = common.push({ caller: row.caller, target: row.target, lane: row.lane, scopes, leases, revision }) - 1;
    }
    return packRow(at, booking);
  });
  return { common, rows };
}

/** Less than zero: none of those looked at is the same. */
function placeOf(common: readonly CommonPart[], booking: Booking): number {
  const last = Math.max(0, common.length - LOOKED_AT_MAX);
  for (let at = common.length - 1; at >= last; at -= 1) {
    const part = common[at];
    if (part !== undefined && isSame(part, booking)) return at;
  }
  return -1;
}

function isSame(part: CommonPart, { row, scopes, leases, revision }: Booking): boolean {
  if (part.caller !== row.caller || part.target !== row.target || part.lane !== row.lane) return false;
  if (part.revision !== revision || part.scopes.length !== scopes.length) return false;
  if (part.leases.length !== leases.length) return false;
  return (
    part.scopes.every(({ id }, at) => id === scopes[at]?.id) &&
    part.leases.every(({ limit, period }, at) => limit.id === leases[at]?.limit.id && period === leases[at]?.period)
  );
}

function packRow(common: number, { row, hold }: Booking): PackedRow {
  const { id, wallMs, costNanos, state } = row;
  const usage = row.usage === null ? null : packUsage(row.usage);
  return hold === undefined
    ? [common, id, wallMs, costNanos, state, usage]
    : [common, id, wallMs, costNanos, state, usage, hold];
}

function packUsage(usage: Usage): PackedUsage {
  const packed: PackedCounts = [
    usage.freshInputTokens,
    usage.cacheReadTokens,
    usage.cacheWriteTokens,
    usage.cacheWrite1hTokens,
    usage.outputTokens,
    usage.reasoningTokens,
    usage.audioInputTokens,
    usage.audioOutputTokens,
  ];
  return usage.billed === undefined ? packed : [...packed, usage.billed];
}

export function unpackBookings({ common, rows }: PackedBookings): Booking[] {
  return rows.flatMap(([at, id, wallMs, costNanos, state, usage, hold]): Booking[] => {
    const part = common[at];
    if (part === undefined) return [];
    const { caller, target, lane, scopes, leases, revision } = part;
    const row = {
      id,
      wallMs,
      caller,
      target,
      lane,
      usage: usage === null ? null : unpackUsage(usage),
      costNanos,
      state,
    };
    const booking = { row, scopes, leases, revision };
    return [hold === undefined ? booking : { ...booking, hold }];
  });
}

function unpackUsage(packed: PackedUsage): Usage {
  const [fresh, cacheRead, cacheWrite, cacheWrite1h, output, reasoning, audioInput, audioOutput, billed] = packed;
  const usage: Usage = {
    freshInputTokens: fresh,
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    cacheWrite1hTokens: cacheWrite1h,
    outputTokens: output,
    reasoningTokens: reasoning,
    audioInputTokens: audioInput,
    audioOutputTokens: audioOutput,
  };
  return billed === undefined ? usage : { ...usage, billed };
}
