/**
 * Smooth weighted round-robin: over sum(weights) picks each member is picked exactly `weight` times, never in a burst.
 * The algorithm is nginx's (upstream module, 2012). Pure: credits in, credits out.
 */

/** Credits by member model; a member without an entry has 0. */
export type Selection = ReadonlyMap<string, number>;

export interface Weighted {
  readonly model: string;
  /** Above zero. */
  readonly weight: number;
}

interface SwrrPick<M extends Weighted> {
  readonly member: M;
  readonly next: Selection;
}

/** `members`: the eligible ones in configured order, each model once. Credits of all others stay untouched. null: no member. */
export function pickSwrr<M extends Weighted>(selection: Selection, members: readonly M[]): SwrrPick<M> | null {
  const member = bySwrr(selection, members)[0];
  if (member === undefined) return null;
  const next = new Map(selection);
  let total = 0;
  for (const { model, weight } of members) {
    next.set(model, creditOf(selection, model) + weight);
    total += weight;
  }
  next.set(member.model, creditOf(next, member.model) - total);
  return { member, next };
}

/** Who would be picked, and who in its stead, and so on: greatest credit first, ties to the earlier in configured order. */
export function bySwrr<M extends Weighted>(selection: Selection, members: readonly M[]): readonly M[] {
  const standing = (member: M) => creditOf(selection, member.model) + member.weight;
  return members.toSorted((one, other) => standing(other) - standing(one));
}

/** A member that sat out starts again from nothing instead of with what it had saved or owed. */
export function forgetCredits(selection: Selection, models: readonly string[]): Selection {
  if (!models.some((model) => selection.has(model))) return selection;
  return new Map([...selection].filter(([model]) => !models.includes(model)));
}

function creditOf(selection: Selection, model: string): number {
  return selection.get(model) ?? 0;
}
