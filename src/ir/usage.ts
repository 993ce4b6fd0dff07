/**
 * One usage algebra: the counters every protocol's usage is projected from and to.
 * Every token is counted in exactly one of fresh input, cache read, cache write (5 min), cache write (1 h) and output;
 * the other counters are parts of those. null: the vendor did not say. Never 0 for unknown.
 */
export interface Usage {
  /** Prompt tokens neither read from nor written to a cache. */
  readonly freshInputTokens: number | null;
  readonly cacheReadTokens: number | null;
  /** Written with the short lifetime (5 min), or with one the vendor did not name. */
  readonly cacheWriteTokens: number | null;
  readonly cacheWrite1hTokens: number | null;
  /** Everything generated, reasoning included. */
  readonly outputTokens: number | null;
  /** Part of `outputTokens`. */
  readonly reasoningTokens: number | null;
  /** Part of `freshInputTokens`. */
  readonly audioInputTokens: number | null;
  /** Part of `outputTokens`. */
  readonly audioOutputTokens: number | null;
  /** What the vendor charges, where it says so beside the counts; absent: the counts. For bills alone, never shown as tokens. */
  readonly billed?: Billed;
}

/** A vendor's own word on what it charges. */
export interface Billed {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export const UNKNOWN_USAGE: Usage = {
  freshInputTokens: null,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  cacheWrite1hTokens: null,
  outputTokens: null,
  reasoningTokens: null,
  audioInputTokens: null,
  audioOutputTokens: null,
};

/**
 * Vendors report cumulative counts, some of them in pieces: what the newer report says wins, what it leaves out stays. An
 * answer to a prompt of zero tokens takes no prompt back: some fill what they do not count with zeros.
 */
export function mergeUsage(older: Usage | null, newer: Usage | null): Usage | null {
  if (older === null || newer === null) return newer ?? older;
  const billed = newer.billed ?? older.billed;
  const isPromptEmpty = inputTokens(newer) === 0 && (newer.outputTokens ?? 0) > 0;
  const [prompt, before] = isPromptEmpty ? [older, newer] : [newer, older];
  return {
    ...(billed === undefined ? {} : { billed }),
    freshInputTokens: prompt.freshInputTokens ?? before.freshInputTokens,
    cacheReadTokens: prompt.cacheReadTokens ?? before.cacheReadTokens,
    cacheWriteTokens: prompt.cacheWriteTokens ?? before.cacheWriteTokens,
    cacheWrite1hTokens: prompt.cacheWrite1hTokens ?? before.cacheWrite1hTokens,
    outputTokens: newer.outputTokens ?? older.outputTokens,
    reasoningTokens: newer.reasoningTokens ?? older.reasoningTokens,
    audioInputTokens: prompt.audioInputTokens ?? before.audioInputTokens,
    audioOutputTokens: newer.audioOutputTokens ?? older.audioOutputTokens,
  };
}

/** Of several calls that together were one answer. A counter that one of them left out is unknown for all. */
export function sumUsage(parts: readonly (Usage | null)[]): Usage | null {
  const [first, ...rest] = parts;
  if (first === undefined || first === null) return null;
  let total: Usage = first;
  for (const part of rest) {
    if (part === null) return null;
    const billed = sumBilled(total, part);
    total = {
      ...(billed === null ? {} : { billed }),
      freshInputTokens: plus(total.freshInputTokens, part.freshInputTokens),
      cacheReadTokens: plus(total.cacheReadTokens, part.cacheReadTokens),
      cacheWriteTokens: plus(total.cacheWriteTokens, part.cacheWriteTokens),
      cacheWrite1hTokens: plus(total.cacheWrite1hTokens, part.cacheWrite1hTokens),
      outputTokens: plus(total.outputTokens, part.outputTokens),
      reasoningTokens: plus(total.reasoningTokens, part.reasoningTokens),
      audioInputTokens: plus(total.audioInputTokens, part.audioInputTokens),
      audioOutputTokens: plus(total.audioOutputTokens, part.audioOutputTokens),
    };
  }
  return total;
}

/** Null where neither says, or where one that does not say has unknown counts. */
function sumBilled(left: Usage, right: Usage): Billed | null {
  if (left.billed === undefined && right.billed === undefined) return null;
  const [one, two] = [billedOf(left), billedOf(right)];
  if (one === null || two === null) return null;
  return { inputTokens: one.inputTokens + two.inputTokens, outputTokens: one.outputTokens + two.outputTokens };
}

function billedOf(usage: Usage): Billed | null {
  if (usage.billed !== undefined) return usage.billed;
  const input = inputTokens(usage);
  return input === null ? null : { inputTokens: input, outputTokens: usage.outputTokens ?? 0 };
}

function plus(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}

/** Both sides were counted, so that the answer has a price. A vendor may send the member and leave it empty, or all zero. */
export function isTold(usage: Usage | null): boolean {
  if (usage === null || usage.freshInputTokens === null || usage.outputTokens === null) return false;
  return usage.outputTokens > 0 || inputTokens(usage) !== 0;
}

/** The whole prompt, cached or not; null when nothing about it is known. */
export function inputTokens(usage: Usage): number | null {
  const { freshInputTokens, cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens } = usage;
  const isKnown =
    freshInputTokens !== null || cacheReadTokens !== null || cacheWriteTokens !== null || cacheWrite1hTokens !== null;
  if (!isKnown) return null;
  return (freshInputTokens ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0) + (cacheWrite1hTokens ?? 0);
}

/** Prompt and answer together; null when either side is unknown. */
export function totalTokens(usage: Usage): number | null {
  const input = inputTokens(usage);
  return input === null || usage.outputTokens === null ? null : input + usage.outputTokens;
}

/** A count of usage: some vendors write its digits as text. */
export function usageCount(value: unknown): number | null {
  return typeof value === "string" && DIGITS.test(value) ? Number(value) : tokenCount(value);
}

const DIGITS = /^\d{1,15}$/;

/** A token count as vendors write it: a whole number from 0 to 2^53 - 1, anything else is unknown. */
export function tokenCount(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
