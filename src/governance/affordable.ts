/** Which lanes a request can afford: those whose call fits its ceilings and what could be reserved for it. */
import type { Governance } from "../ir/deployment.ts";
import { type Estimate, type LaneNeed, mostOf, type Need } from "./estimate.ts";
import type { Reservation } from "./ledger-client.ts";

export function amountsOf(needs: readonly LaneNeed[]): readonly Need[] {
  return needs.map(({ amount }) => amount);
}

/** What lanes need that need less than the most. */
export function lesserOf(needs: readonly Need[]): {
  readonly nanos: readonly number[];
  readonly tokens: readonly number[];
} {
  if (needs.length < 2) return { nanos: [], tokens: [] };
  const most = mostOf(needs);
  return {
    nanos: [...new Set(needs.map(({ nanos }) => nanos))].filter((each) => each < most.nanos),
    tokens: [...new Set(needs.map(({ tokens }) => tokens))].filter((each) => each < most.tokens),
  };
}

/** No lane may cost more; without a ceiling any may. */
export function hardCeiling(ceiling: number | null, gates: Governance["gates"]): number {
  const hard = gates.filter(({ mode }) => mode === "hard").map(({ limitNanos }) => limitNanos);
  return Math.min(ceiling ?? Number.POSITIVE_INFINITY, ...hard);
}

/** Lanes that what is reserved does not hold; the reservations then keep no more than the dearest of the others needs. */
export function fitToAffordable(
  { estimated, ceilingNanos }: { readonly estimated: Estimate; readonly ceilingNanos: number },
  reservations: readonly Reservation[],
): Set<string> {
  const unaffordable = new Set<string>();
  const remaining: Need[] = [];
  for (const [lane, { amount, least }] of estimated.lanes) {
    const fits = amount.nanos <= ceilingNanos && reservations.every((each) => each.amount >= partOf(each, least));
    if (fits) remaining.push(amount);
    else unaffordable.add(lane);
  }
  if (unaffordable.size === 0 || remaining.length === 0) return unaffordable;
  const most = mostOf(remaining);
  for (const each of reservations) each.shrink(Math.min(each.amount, partOf(each, most)));
  return unaffordable;
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
