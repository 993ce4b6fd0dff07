/** Which lanes a request can afford: those whose call fits its ceilings and what could be reserved for it. */
import type { Governance } from "../ir/deployment.ts";
import type { Estimate, LaneNeed, Need } from "./estimate.ts";
import type { Reservation } from "./ledger-client.ts";

/** What lanes need together. */
interface NeedBounds {
  /** Enough for any of them; without a lane nothing. */
  readonly nanos: number;
  readonly tokens: number;
  /** What lanes need that need less than the most. */
  readonly lesser: { readonly nanos: readonly number[]; readonly tokens: readonly number[] };
  /** Where that is not left: enough for one of them. */
  readonly least: Need;
  readonly keptTokens: number;
}

/** Of the lanes that cost no more. */
export function boundsOf(lanes: readonly LaneNeed[], ceilingNanos: number): NeedBounds {
  let nanos = 0;
  let tokens = 0;
  let keptTokens = 0;
  let count = 0;
  let leastNanos = Number.POSITIVE_INFINITY;
  let leastTokens = Number.POSITIVE_INFINITY;
  for (const lane of lanes) {
    if (lane.amount.nanos > ceilingNanos) continue;
    count += 1;
    nanos = Math.max(nanos, lane.amount.nanos);
    tokens = Math.max(tokens, lane.amount.tokens);
    keptTokens = Math.max(keptTokens, lane.keptTokens);
    leastNanos = Math.min(leastNanos, lane.least.nanos);
    leastTokens = Math.min(leastTokens, lane.least.tokens);
  }
  const least = count === 0 ? NO_NEED : { nanos: leastNanos, tokens: leastTokens };
  const lesser = count < 2 ? NONE_LESSER : lesserOf(lanes, ceilingNanos, { nanos, tokens });
  return { nanos, tokens, lesser, least, keptTokens };
}

const NO_NEED: Need = { nanos: 0, tokens: 0 };
const NONE_LESSER: NeedBounds["lesser"] = { nanos: [], tokens: [] };

function lesserOf(lanes: readonly LaneNeed[], ceilingNanos: number, most: Need): NeedBounds["lesser"] {
  const nanos = new Set<number>();
  const tokens = new Set<number>();
  for (const { amount } of lanes) {
    if (amount.nanos > ceilingNanos) continue;
    if (amount.nanos < most.nanos) nanos.add(amount.nanos);
    if (amount.tokens < most.tokens) tokens.add(amount.tokens);
  }
  return { nanos: [...nanos], tokens: [...tokens] };
}

/** Of the lane that needs least; without a lane nothing. */
export function leastAmountOf(lanes: readonly LaneNeed[]): Need {
  if (lanes.length === 0) return NO_NEED;
  let nanos = Number.POSITIVE_INFINITY;
  let tokens = Number.POSITIVE_INFINITY;
  for (const { amount } of lanes) {
    nanos = Math.min(nanos, amount.nanos);
    tokens = Math.min(tokens, amount.tokens);
  }
  return { nanos, tokens };
}

/** Nano-dollars of the dearest lane; without a lane nothing. */
export function dearestOf(lanes: readonly LaneNeed[]): number {
  let nanos = 0;
  for (const { amount } of lanes) nanos = Math.max(nanos, amount.nanos);
  return nanos;
}

/** No lane may cost more; without a ceiling any may. */
export function hardCeiling(ceiling: number | null, gates: Governance["gates"]): number {
  let lowest = ceiling ?? Number.POSITIVE_INFINITY;
  for (const { mode, limitNanos } of gates) if (mode === "hard") lowest = Math.min(lowest, limitNanos);
  return lowest;
}

/** Lanes that what is reserved does not hold; the reservations then keep no more than the dearest of the others needs. */
export function fitToAffordable(
  { estimated, ceilingNanos }: { readonly estimated: Estimate; readonly ceilingNanos: number },
  reservations: readonly Reservation[],
): ReadonlySet<string> {
  const { lanes } = estimated;
  const fits = ({ amount, least }: LaneNeed): boolean => amount.nanos <= ceilingNanos && isHeld(reservations, least);
  if (lanes.every(fits)) return ALL_AFFORDABLE;
  const unaffordable = new Set<string>();
  const remaining: LaneNeed[] = [];
  for (const lane of lanes) {
    if (fits(lane)) remaining.push(lane);
    else unaffordable.add(lane.id);
  }
  if (remaining.length === 0) return unaffordable;
  const most = boundsOf(remaining, ceilingNanos);
  for (const each of reservations) each.shrink(Math.min(each.amount, partOf(each, most)));
  return unaffordable;
}

const ALL_AFFORDABLE: ReadonlySet<string> = new Set();

function isHeld(reservations: readonly Reservation[], least: Need): boolean {
  for (const each of reservations) if (each.amount < partOf(each, least)) return false;
  return true;
}

/** What of a need this limit counts; requests and slots are reserved whole. */
function partOf({ lease: { limit }, amount }: Reservation, need: Need): number {
  switch (limit.kind) {
    case "usd":
      return need.nanos;
    case "tokens":
      return need.tokens;
    case "requests":
    case "slots":
      return amount;
  }
}
