/** What a request needs of a model and what a model is known to offer. Unknown is null and never means "no". */

/** Ordered: `keep: [tier]` lets a substitute be equal or higher. */
export const TIERS = ["tiny", "fast", "strong", "frontier"] as const;
type Tier = (typeof TIERS)[number];

export const MODALITIES = ["text", "image", "document", "audio", "video"] as const;
export type Modality = (typeof MODALITIES)[number];

/** What a request may use of a model beside what it reads and writes, in the words of the configuration. */
export const ABILITIES = [
  "parallel_tools",
  "forced_tool_choice",
  "json_mode",
  "prefill",
  "system_role",
  "streaming",
  "streaming_tools",
] as const;
export type Ability = (typeof ABILITIES)[number];

/** Facts about a model; every null is unknown. Tokens. */
export interface Capabilities {
  /** Of prompt and answer together. */
  readonly contextWindow: number | null;
  /** Of the prompt alone, where its vendor states a limit for it. Absent: it does not. */
  readonly maxInputTokens?: number;
  readonly maxOutputTokens: number | null;
  readonly input: readonly Modality[] | null;
  readonly output: readonly Modality[] | null;
  readonly tools: boolean | null;
  readonly structuredOutput: boolean | null;
  readonly reasoning: boolean | null;
  readonly tier: Tier | null;
  /** Those that are known; absent: none is. */
  readonly abilities?: Readonly<Partial<Record<Ability, boolean>>>;
}

/** What a vendor's own list says of a model; what is absent it does not say. */
export interface ListedFacts {
  readonly contextWindow?: number;
  readonly maxInputTokens?: number;
  readonly maxOutputTokens?: number;
  readonly input?: readonly Modality[];
  readonly output?: readonly Modality[];
  readonly tools?: boolean;
  readonly structuredOutput?: boolean;
  readonly reasoning?: boolean;
}

const LISTED = [
  "contextWindow",
  "maxInputTokens",
  "maxOutputTokens",
  "input",
  "output",
  "tools",
  "structuredOutput",
  "reasoning",
] as const satisfies readonly (keyof ListedFacts)[];

/** Only what was not known: the operator and the catalog know better. `names`: what was filled in. */
export function withListedFacts(
  capabilities: Capabilities,
  listed: ListedFacts,
): { readonly capabilities: Capabilities; readonly names: readonly string[] } {
  const names = LISTED.filter((name) => listed[name] !== undefined && (capabilities[name] ?? null) === null);
  const filled = Object.fromEntries(names.map((name) => [name, listed[name]]));
  return { capabilities: { ...capabilities, ...filled }, names };
}

/** Tokens that a prompt may have; null: unknown. */
export function promptRoom({ contextWindow, maxInputTokens }: Capabilities): number | null {
  if (maxInputTokens === undefined) return contextWindow;
  return contextWindow === null ? maxInputTokens : Math.min(contextWindow, maxInputTokens);
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

/** Every need is answered with a certain yes. */
export function isKnownToServe(needs: Needs, known: Capabilities): boolean {
  return missingCapabilities(needs, known).length === 0 && unknownCapabilities(needs, known).length === 0;
}

/** Names what is not known, of what a request needs. */
export function unknownCapabilities(needs: Needs, known: Capabilities): string[] {
  const unknown: string[] = [];
  if (known.input === null) unknown.push(...needs.input.map((each) => `${each} input`));
  if (known.output === null) unknown.push(...needs.output.map((each) => `${each} output`));
  if (needs.tools && known.tools === null) unknown.push("tools");
  if (needs.structuredOutput && known.structuredOutput === null) unknown.push("structured output");
  return unknown;
}

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
