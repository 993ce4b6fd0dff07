/**
 * What one vendor's server takes of its protocol, as facts. They stand in the catalog with source and date, for
 * providers, families of models and models; a configuration may overrule each. Writers read them; no code names a vendor.
 */

/** Settings that some models refuse. */
export const REFUSABLE_SETTINGS = [
  "temperature",
  "top_p",
  "top_k",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "stop",
  "logprobs",
  "user",
] as const;
export type RefusableSetting = (typeof REFUSABLE_SETTINGS)[number];

export const REASONING_BACK = ["required", "ignored", "refused"] as const;

export const CHAT_TOOLS = ["free", "without_effort", "effort_none"] as const;

/** The member of Chat Completions that limits an answer. */
export const OUTPUT_LIMITS = ["max_tokens", "max_completion_tokens"] as const;

/** How much to think, from least to most. */
export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
export type Effort = (typeof EFFORTS)[number];

/** none: it has one host a model. names: an ending of the model's name chooses. members: so do members of the request. */
export const HOST_ROUTING = ["none", "names", "members"] as const;

export interface Dialect {
  /** Messages of the role `developer` are taken; otherwise they are written as `system`. */
  readonly developerRole: boolean;
  /** Tools with free text as input are taken; otherwise they are written as functions with one string. */
  readonly customTools: boolean;
  /** A stream may be asked to report its usage. */
  readonly streamUsage: boolean;
  /**
   * What becomes of reasoning text that is not sealed, given back in a later turn. required: a tool loop without it is
   * refused. ignored: it has no effect, so that only a relay carries it. refused: it never goes there.
   */
  readonly reasoningBack: (typeof REASONING_BACK)[number];
  /**
   * When Chat Completions takes tools for the model. free: always. without_effort: not beside an effort to reason.
   * effort_none: only beside the effort `none`. Another protocol of the vendor's takes what is refused here.
   */
  readonly chatTools: (typeof CHAT_TOOLS)[number];
  /** Left out of translated requests, and told. */
  readonly refusedSettings: readonly RefusableSetting[];
  /** Finish words by which this vendor says that it failed, beside its protocol's own. */
  readonly failureWords: readonly string[];
  /** Ids of calls are exactly so many letters and digits; null: any will do. */
  readonly callIdChars: number | null;
  /** A tool may be forced while the model thinks; otherwise the model chooses. */
  readonly forcedTools: boolean;
  /** The user may speak right behind results of tools; otherwise a word of the assistant stands between them. */
  readonly userAfterResults: boolean;
  /** The prompt is cached up to marks in the request; it is paid in full without any. */
  readonly cacheMarks: boolean;
  /** A key in the request brings a session back to where its prompt is cached. */
  readonly promptCacheKey: boolean;
  readonly outputLimit: (typeof OUTPUT_LIMITS)[number];
  /** Words for how much to think that the model takes, as they rise. Empty: it takes none. null: not known. */
  readonly efforts: readonly Effort[] | null;
  /** How a client may say which of the vendor's hosts serve its request, where the vendor is a router of its own. */
  readonly hostRouting: (typeof HOST_ROUTING)[number];
}

/** For a provider that is in no catalog: what every compatible server takes. */
export const STRANGER: Dialect = {
  developerRole: false,
  customTools: false,
  streamUsage: true,
  reasoningBack: "ignored",
  chatTools: "free",
  refusedSettings: [],
  failureWords: [],
  callIdChars: null,
  forcedTools: true,
  userAfterResults: true,
  cacheMarks: false,
  promptCacheKey: false,
  outputLimit: "max_tokens",
  efforts: null,
  hostRouting: "none",
};

/** Where a server differs from a stranger, in the words of the configuration. */
export function dialectWords(dialect: Dialect): readonly string[] {
  const { reasoningBack, chatTools, refusedSettings, hostRouting } = dialect;
  return [
    ...(dialect.developerRole ? ["developer_role"] : []),
    ...(dialect.customTools ? ["custom_tools"] : []),
    ...(dialect.streamUsage ? [] : ["no stream_usage"]),
    ...(reasoningBack === "ignored" ? [] : [`reasoning_back ${reasoningBack}`]),
    ...(chatTools === "free" ? [] : [`chat_tools ${chatTools}`]),
    ...(refusedSettings.length === 0 ? [] : [`refuses ${refusedSettings.join(" ")}`]),
    ...(dialect.cacheMarks ? ["cache_marks"] : []),
    ...(dialect.outputLimit === STRANGER.outputLimit ? [] : [`output_limit ${dialect.outputLimit}`]),
    ...(dialect.efforts === null
      ? []
      : [dialect.efforts.length === 0 ? "no efforts" : `efforts ${dialect.efforts.join(" ")}`]),
    ...(dialect.promptCacheKey ? ["prompt_cache_key"] : []),
    ...(hostRouting === "none" ? [] : [`host_routing ${hostRouting}`]),
  ];
}
