// Numbers of several rounds as one number with its noise, and what that says about a budget. Pure.

export interface Spread {
  readonly median: number;
  /** Half of the width of the middle of the rounds: without the best and the worst where there are five or more. */
  readonly noise: number;
  /** The smallest of all rounds: what was measured while the machine did least beside. */
  readonly least: number;
}

/** `over`: beyond the budget even where noise is taken off; `noise`: beyond it, but within what the rounds differ by. */
export type Verdict = "ok" | "noise" | "over";

export function summarise(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >= ROUNDS_TO_TRIM ? sorted.slice(1, -1) : sorted;
  const [least, most] = [middle[0], middle.at(-1)];
  if (least === undefined || most === undefined) throw new Error("no rounds were measured");
  return { median: medianOf(sorted), noise: (most - least) / 2, least: sorted[0] ?? least };
}

export function judge({ median, noise }: Spread, budget: number): Verdict {
  if (median <= budget) return "ok";
  return median - noise <= budget ? "noise" : "over";
}

/** Round by round: a machine that was slow for a moment was slow for both. */
export function ratios(values: readonly number[], references: readonly number[]): number[] {
  if (values.length !== references.length) throw new Error("every round needs its reference");
  return values.map((value, round) => value / (references[round] ?? Number.NaN));
}

/** Positions in the order of one round, there and back: A B C C B A. A steady drift of the machine hits all alike. */
export function turnsThereAndBack(contenders: number): number[] {
  const there = Array.from({ length: contenders }, (_, index) => index);
  return [...there, ...there.toReversed()];
}

function medianOf(sorted: readonly number[]): number {
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}

const ROUNDS_TO_TRIM = 5;
