/** The whole matrix: every case of the corpus through every pair, what it lost, and what the pinned list says about that. */
import type { FeatureId } from "../../protocols/features.ts";
import { explanations, silentChanges, withoutPlaces } from "./explain.ts";
import pinnedLosses from "./losses.json";
import { CASES, type Came, KINDS, type Kind, lineOfLoss, PAIRS, type Pair, translate } from "./translate.ts";

/** Kind -> pair -> loss, places in lists left out -> the cases that show it. */
export type Pinned = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>>>;

export const PINNED: Pinned = pinnedLosses;

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
    for (const line of new Set(came.losses.map((loss) => withoutPlaces(lineOfLoss(loss))))) {
      losses[line] = [...(losses[line] ?? []), name];
    }
    for (const loss of came.losses) {
      const line = withoutPlaces(lineOfLoss(loss));
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

/** What was found, in the shape of the pinned list. */
export function pinnable(results: readonly PairResult[]): Pinned {
  const found: Record<string, Record<string, Readonly<Record<string, readonly string[]>>>> = {};
  for (const { kind, pair, losses } of results) {
    const ofKind = found[kind] ?? {};
    found[kind] = ofKind;
    if (Object.keys(losses).length > 0) ofKind[pair.name] = losses;
  }
  return found;
}

/** Losses of this pair that are not pinned, and pinned ones that are gone, each as a sentence. */
export function deviations({ kind, pair, losses }: PairResult, pinned: Pinned = PINNED): string[] {
  const known = pinned[kind]?.[pair.name] ?? {};
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
