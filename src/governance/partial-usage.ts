/** The usage of an answer that the vendor reported in part or not at all, estimated from the part that came. */
import { inputTokens, UNKNOWN_USAGE, type Usage } from "../ir/usage.ts";

interface PartialAnswer {
  /** What the vendor told, perhaps only of the beginning; null: nothing. */
  readonly reported: Usage | null;
  readonly inputTokensEstimate: number;
  /** Tokens of the answer that came, counted by us: pieces of a stream hold one or more each. */
  readonly outputTokens: number;
}

/** The vendor's counts where it told them; what it told of the answer at its beginning is raised to what came since. */
export function toPartialUsage({ reported, inputTokensEstimate, outputTokens }: PartialAnswer): Usage {
  const usage = reported ?? UNKNOWN_USAGE;
  // Some open a stream with zeros and count at its end; no prompt is empty.
  const isCounted = usage.freshInputTokens !== null && inputTokens(usage) !== 0;
  return {
    ...usage,
    freshInputTokens: isCounted ? usage.freshInputTokens : inputTokensEstimate,
    outputTokens: Math.max(usage.outputTokens ?? 0, outputTokens),
  };
}
