/** What a request needs of a model and what a model is known to offer. Unknown is null and never means "no". */

/** Ordered: `keep: [tier]` lets a substitute be equal or higher. */
export const TIERS = ["tiny", "fast", "strong", "frontier"] as const;
type Tier = (typeof TIERS)[number];

export const MODALITIES = ["text", "image", "document", "audio", "video"] as const;
export type Modality = (typeof MODALITIES)[number];

/** Facts about a model; every null is unknown. Tokens. */
export interface Capabilities {
  readonly contextWindow: number | null;
  readonly maxOutputTokens: number | null;
  readonly input: readonly Modality[] | null;
  readonly output: readonly Modality[] | null;
  readonly tools: boolean | null;
  readonly structuredOutput: boolean | null;
  readonly reasoning: boolean | null;
  readonly tier: Tier | null;
}

export const UNKNOWN_CAPABILITIES: Capabilities = {
  contextWindow: null,
  maxOutputTokens: null,
  input: null,
  output: null,
  tools: null,
  structuredOutput: null,
  reasoning: null,
  tier: null,
};

/** What one request cannot do without. Thinking is none of it: a model that cannot think answers all the same. */
export interface Needs {
  readonly input: readonly Modality[];
  readonly output: readonly Modality[];
  readonly tools: boolean;
  readonly structuredOutput: boolean;
}

export const NO_NEEDS: Needs = { input: [], output: [], tools: false, structuredOutput: false };

/** As `missingCapabilities`, without the names. */
export function lacksCapability(needs: Needs, capabilities: Capabilities): boolean {
  const { input, output } = capabilities;
  if (needs.tools && capabilities.tools === false) return true;
  if (needs.structuredOutput && capabilities.structuredOutput === false) return true;
  if (input !== null && needs.input.length > 0 && needs.input.some((each) => !input.includes(each))) return true;
  return output !== null && needs.output.length > 0 && needs.output.some((each) => !output.includes(each));
}

/** Names what is certainly missing, for the decision and for the refusal. Empty: nothing known stands against it. */
export function missingCapabilities(needs: Needs, capabilities: Capabilities): string[] {
  const missing: string[] = [];
  const { input, output } = capabilities;
  if (input !== null)
    missing.push(...needs.input.filter((each) => !input.includes(each)).map((each) => `${each} input`));
  if (output !== null)
    missing.push(...needs.output.filter((each) => !output.includes(each)).map((each) => `${each} output`));
  if (needs.tools && capabilities.tools === false) missing.push("tools");
  if (needs.structuredOutput && capabilities.structuredOutput === false) missing.push("structured output");
  return missing;
}
