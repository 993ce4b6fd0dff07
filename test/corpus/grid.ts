/** The whole matrix: every case of the corpus through every pair, what it lost, and what the pinned table says about that. */
import type { Crossing } from "../../src/cli/matrix-table.ts";
import { explanations, silentChanges, withoutPlaces } from "./explain.ts";
import type { FeatureId } from "./features/feature.ts";
import { CASES, type Came, KINDS, type Kind, lineIn, PAIRS, type Pair, translate } from "./translate.ts";

export interface PairResult {
  readonly kind: Kind;
  readonly pair: Pair;
  /** Cases that lost nothing. */
  readonly whole: number;
  /** Cases with at least one declared loss. */
  readonly lossy: number;
  /** Loss -> the cases that show it. */
  readonly losses: Readonly<Record<string, readonly string[]>>;
  /** Loss -> the features it belongs to. */
  readonly features: Readonly<Record<string, readonly FeatureId[]>>;
  /** What is wrong, each as a sentence: a loss nobody explains, a silent change, a case that cannot be translated. */
  readonly defects: readonly string[];
}

export function runMatrix(pairs: readonly Pair[] = PAIRS): PairResult[] {
  return KINDS.flatMap((kind) => pairs.map((pair) => runPair(kind, pair)));
}

export function runPair(kind: Kind, pair: Pair): PairResult {
  const losses: Record<string, string[]> = {};
  const features: Record<string, FeatureId[]> = {};
  const defects: string[] = [];
  let lossy = 0;
  for (const name of CASES[kind]) {
    const came = attempt(kind, pair, name);
    if (typeof came === "string") {
      defects.push(`${name}: cannot be translated: ${came}`);
      continue;
    }
    if (came.losses.length > 0) lossy++;
    for (const line of new Set(came.losses.map((loss) => withoutPlaces(lineIn(came, loss))))) {
      losses[line] = [...(losses[line] ?? []), name];
    }
    for (const loss of came.losses) {
      const line = withoutPlaces(lineIn(came, loss));
      const reasons = explanations(kind, pair, name, { field: loss.field, came });
      features[line] = [...new Set([...(features[line] ?? []), ...reasons])];
      if (reasons.length === 0) defects.push(`${name}: no feature explains the loss ${line}`);
    }
    if (pair.client !== pair.lane)
      defects.push(...silentChanges(pair, name, came).map((change) => `${name}: changed in silence: ${change}`));
  }
  const sorted = Object.fromEntries(Object.entries(losses).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { kind, pair, whole: CASES[kind].length - lossy, lossy, losses: sorted, features, defects };
}

/** A reader or writer that throws at a case of the corpus is a finding, not the end of the run. */
function attempt(kind: Kind, pair: Pair, name: string): Came | string {
  try {
    return translate(kind, pair, name);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What was found, in the shape of the pinned table. */
export function crossings(results: readonly PairResult[]): Crossing[] {
  return results.map(({ kind, pair, whole, lossy, losses }) => ({
    kind,
    client: pair.client.id,
    lane: pair.lane.id,
    whole,
    lossy,
    losses,
  }));
}

const TABLE_HEAD = [
  "# What crosses between every two protocols. Written by UPDATE_GOLDEN=1 on test/protocols/matrix.test.ts, never by hand.",
  "# A crossing: kind, client, lane, cases that cross whole, cases with losses. Under it, after a tab: a loss, and its cases.",
];

/** The text of the pinned table: what `readTable` reads as these crossings. */
export function writeTable(table: readonly Crossing[]): string {
  const lines = table.flatMap(({ kind, client, lane, whole, lossy, losses }) => [
    [kind, client, lane, whole, lossy].join("\t"),
    ...Object.entries(losses).map(([loss, cases]) => ["", loss, ...cases].join("\t")),
  ]);
  return `${[...TABLE_HEAD, ...lines].join("\n")}\n`;
}

/** What the pinned table knows of the losses of this pair. */
export function pinnedLosses(
  { kind, pair }: Pick<PairResult, "kind" | "pair">,
  table: readonly Crossing[],
): Crossing["losses"] {
  const isIt = (each: Crossing): boolean =>
    each.kind === kind && each.client === pair.client.id && each.lane === pair.lane.id;
  return table.find(isIt)?.losses ?? {};
}

/** Losses of this pair that are not pinned, and pinned ones that are gone, each as a sentence. */
export function deviations({ losses }: PairResult, known: Crossing["losses"]): string[] {
  const added = Object.entries(losses).flatMap(([loss, names]) => {
    const before = new Set(known[loss] ?? []);
    const fresh = names.filter((name) => !before.has(name));
    return fresh.length === 0 ? [] : [`a loss that is not pinned: ${loss} (${fresh.join(", ")})`];
  });
  const gone = Object.entries(known).flatMap(([loss, names]) => {
    const now = new Set(losses[loss] ?? []);
    const missing = names.filter((name) => !now.has(name));
    return missing.length === 0 ? [] : [`a pinned loss that is gone: ${loss} (${missing.join(", ")})`];
  });
  return [...added, ...gone];
}
