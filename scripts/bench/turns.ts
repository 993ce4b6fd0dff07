// Contenders in turns, there and back, each round giving one figure of each: processor time for one request or chunk.
import type { Bench } from "./cast.ts";
import { type Contender, type Load, measureLoad } from "./contender.ts";
import type { Series } from "./report.ts";
import { turnsThereAndBack } from "./statistics.ts";

export interface Turns {
  readonly contenders: readonly Contender[];
  /** `requests` is what a contender with a share of 1 gets in a turn. */
  readonly load: (contender: Contender) => Load;
  readonly rounds: number;
  /** Pieces in one answer, where they are what is counted. */
  readonly pieces?: number;
  /** What has to be hot: once warm, a contender is warm for every row that names the same. */
  readonly warm: { readonly kind: string; readonly requests: number };
}

const warmed = new WeakMap<Contender, Set<string>>();

export async function takeTurns({ place }: Bench, turns: Turns): Promise<Series[]> {
  const { contenders, load, rounds, pieces = 1 } = turns;
  const turn = async (contender: Contender): Promise<number> => {
    const plan = load(contender);
    // Streams take their time whatever they cost, so that a share makes them long.
    const share = plan.kind === "buffered" ? contender.share : Math.ceil(contender.share / 2);
    const requests = plan.requests * share;
    const { cpuMicros } = await measureLoad(place, contender, { ...plan, requests });
    return cpuMicros / requests / pieces;
  };
  for (const contender of contenders) {
    await warm(turns, contender, (requests) => measureLoad(place, contender, { ...load(contender), requests }));
    await turn(contender);
  }
  const series = contenders.map(({ name }): Series => ({ name, values: [] }));
  for (let round = 0; round < rounds; round += 1) {
    const sums = contenders.map(() => 0);
    for (const at of turnsThereAndBack(contenders.length)) {
      const contender = contenders[at];
      if (contender !== undefined) sums[at] = (sums[at] ?? 0) + (await turn(contender));
    }
    for (const [at, sum] of sums.entries()) series[at]?.values.push(sum / 2);
  }
  return series;
}

async function warm(
  { warm: { kind, requests } }: Turns,
  contender: Contender,
  run: (requests: number) => Promise<unknown>,
): Promise<void> {
  const kinds = warmed.get(contender) ?? new Set();
  warmed.set(contender, kinds);
  if (kinds.has(kind)) return;
  kinds.add(kind);
  await run(requests);
}
