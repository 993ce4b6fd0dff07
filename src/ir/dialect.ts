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

/** Ways to ask for thinking. adaptive: the model decides, steered by an effort. budget: tokens. effort: a word alone. */
export const THINKING = ["adaptive", "budget", "effort"] as const;

export const SAMPLING = ["all", "no_top_k", "one", "none"] as const;

export const REASONING_MEMBERS = ["thinking", "reasoningConfig", "reasoning_effort", "none"] as const;

export const CLIENT_MARKS = ["lifetimes", "plain", "refused"] as const;
/** none: it has one host a model. names: an ending of the model's name chooses. members: so do members of the request. */
export const HOST_ROUTING = ["none", "names", "members"] as const;

export interface Dialect {
  /** Messages of the role `developer` are taken; otherwise they are written as `system`. */
  readonly developerRole: boolean;
  /** Tools with free text as input are taken; otherwise they are written as functions with one string. */
  readonly customTools: boolean;
  /** The server compacts a conversation itself; otherwise the model is asked for a summary in words. */
  readonly compaction: boolean;
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
  /** Ways to ask for thinking that the model takes, the best first. Empty: there is no way. null: not known. */
  readonly thinking: readonly (typeof THINKING)[number][] | null;
  /** Budgets that the model takes, in tokens; null: not known. */
  readonly thinkingBudget: { readonly min: number; readonly max: number } | null;
  /** Thinking cannot be turned off. */
  readonly alwaysThinks: boolean;
  /** Of temperature, top p and top k. one: temperature or top p, not both. */
  readonly sampling: (typeof SAMPLING)[number];
  /** The model can be held to a schema in its answer and its calls. */
  readonly structuredOutput: boolean;
  /** Instructions may stand between turns. */
  readonly systemTurns: boolean;
  /** The client may say whether and which tool is called. */
  readonly toolChoice: boolean;
  /** Gemini: schemas in JSON Schema; otherwise in the subset of OpenAPI. */
  readonly jsonSchema: boolean;
  /** Gemini: a schema for the answer and tools in one request. */
  readonly schemaBesideTools: boolean;
  /** Gemini: images and files inside results of tools, and a resolution for each. */
  readonly mediaInResults: boolean;
  /** Gemini: calls of the current turn without a signature are refused. */
  readonly signedCalls: boolean;
  /** Converse: the member, of the model's own, that asks for thinking. `thinking`: signed reasoning goes back too. */
  readonly reasoningMember: (typeof REASONING_MEMBERS)[number];
  /** Converse: the model can be held to one call at a time. */
  readonly oneCall: boolean;
  /** Converse: what becomes of a client's own cache marks. plain: they cannot say how long they hold. */
  readonly clientMarks: (typeof CLIENT_MARKS)[number];
  /** Converse: takes audio. */
  readonly audio: boolean;
  /** Converse: a tool's result may say that it is an error. */
  readonly resultStatus: boolean;
  /** Converse: documents may be words, have a context and be cited. */
  readonly documentNotes: boolean;
}

/** For a provider that is in no catalog: what every compatible server takes. */
export const UNKNOWN_SERVER: Dialect = {
  developerRole: false,
  customTools: false,
  compaction: false,
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
  thinking: null,
  thinkingBudget: null,
  alwaysThinks: false,
  sampling: "all",
  structuredOutput: true,
  systemTurns: true,
  toolChoice: true,
  jsonSchema: true,
  schemaBesideTools: true,
  mediaInResults: true,
  signedCalls: false,
  reasoningMember: "thinking",
  oneCall: false,
  clientMarks: "lifetimes",
  audio: true,
  resultStatus: true,
  documentNotes: true,
};

/** Where a server differs from an unknown one, in the words of the configuration. */
export function dialectWords(dialect: Dialect): readonly string[] {
  return Object.entries(dialect).flatMap(([fact, value]) => {
    const usual = USUAL.get(fact);
    if (JSON.stringify(value) === usual) return [];
    return [
      factWords(
        fact.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ),
    ];
  });
}

/** One fact, by its name in the configuration: `no stream_usage`, `efforts low high`. */
export function factWords(fact: string, value: unknown): string {
  const word = LISTED.get(fact) ?? fact;
  if (value === false || (Array.isArray(value) && value.length === 0)) return `no ${word}`;
  return value === true ? word : `${word} ${Array.isArray(value) ? value.join(" ") : spelled(value)}`;
}

function spelled(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : `${value}`;
}

const USUAL: ReadonlyMap<string, string> = new Map(
  Object.entries(UNKNOWN_SERVER).map(([fact, value]) => [fact, JSON.stringify(value)]),
);
const LISTED: ReadonlyMap<string, string> = new Map([["refused_settings", "refuses"]]);
