/**
 * The conversation request in the intermediate representation (IR): a superset of what two or more protocols share. What
 * one protocol alone has rides as extras or as an opaque block and is written back verbatim to that same protocol.
 */

/** Members that only the request's own protocol has, by name; written back verbatim to that protocol, a loss elsewhere. */
export type Extras = Readonly<Record<string, unknown>>;
export const NO_EXTRAS: Extras = {};

/**
 * How the client spelled what is modelled: which of two names it used, a default written out, the item as it stood. Read
 * and written only by the protocol it came from, and never a loss. An undefined member counts as absent.
 */
export type Spelling = Readonly<Record<string, unknown>>;
export const NO_SPELLING: Spelling = {};

export interface IrRequest {
  /** Id of the protocol it was read from: extras and foreign values belong to it. */
  readonly sourceProtocol: string;
  /** The target as the client wrote it; writers are told the upstream model separately. */
  readonly model: string;
  readonly stream: boolean;
  /** Instructions ahead of the conversation, in order. */
  readonly instructions: readonly IrInstruction[];
  readonly turns: readonly IrTurn[];
  readonly tools: readonly IrTool[];
  readonly toolChoice: IrToolChoice | null;
  /** null: the client did not say. */
  readonly parallelToolCalls: boolean | null;
  /** Tokens. null: the client did not say. */
  readonly maxOutputTokens: number | null;
  readonly sampling: IrSampling;
  readonly stop: readonly string[];
  readonly reasoning: IrReasoningConfig | null;
  readonly outputFormat: IrOutputFormat | null;
  /** Requested answers; null is one. */
  readonly choices: number | null;
  /** Log probabilities asked for; `top` alternatives per token. */
  readonly logprobs: { readonly top: number | null } | null;
  /** Stable id of the end user, for the vendor's abuse monitoring. */
  readonly user: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly serviceTier: string | null;
  /**
   * The conversation is to be compacted, not continued. item: into one item of an answer; whole: into a conversation that
   * takes its place. Absent: it is continued.
   */
  readonly compacts?: "item" | "whole";
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export interface IrInstruction {
  readonly role: "system" | "developer";
  readonly blocks: readonly IrBlock[];
  /** The wire had a bare string instead of a list of blocks; kept so that the same protocol gets its own spelling back. */
  readonly wasString: boolean;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export interface IrTurn {
  /** system and developer: instructions that stand between turns. tool: results only. */
  readonly role: "user" | "assistant" | "tool" | "system" | "developer";
  readonly blocks: readonly IrBlock[];
  /** See IrInstruction.wasString. */
  readonly wasString: boolean;
  /** Participant name where the protocol has one. */
  readonly name: string | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

/** A place up to which the prompt may be cached. null lifetime: the vendor's default. */
export interface CacheMark {
  readonly lifetime: "5m" | "1h" | null;
}

/** Bytes or where they are. `file`: an id in the vendor's own file store, good only where it came from. */
export type MediaSource =
  | { readonly kind: "base64"; readonly mediaType: string | null; readonly data: string }
  | { readonly kind: "url"; readonly url: string; readonly mediaType: string | null }
  | { readonly kind: "file"; readonly id: string };

/**
 * A signature or encrypted item that only its issuer can verify. `issuer` is the protocol it was read from (null:
 * unknown); writers send it only to that protocol.
 */
export interface ReasoningSignature {
  readonly issuer: string | null;
  readonly value: string;
}

export type IrBlock =
  | TextBlock
  | RefusalBlock
  | ImageBlock
  | DocumentBlock
  | AudioBlock
  | ToolCallBlock
  | ToolResultBlock
  | ReasoningBlock
  | OpaqueBlock;

/** Blocks that may be marked for a vendor's cache. */
type MarkableBlock = TextBlock | ImageBlock | DocumentBlock | ToolCallBlock | ToolResultBlock;

export function isMarkable(block: IrBlock): block is MarkableBlock {
  switch (block.type) {
    case "text":
    case "image":
    case "document":
    case "tool-call":
    case "tool-result":
      return true;
    case "refusal":
    case "audio":
    case "reasoning":
    case "opaque":
      return false;
  }
}

export interface TextBlock {
  readonly type: "text";
  readonly text: string;
  readonly citations: readonly IrCitation[];
  readonly cache: CacheMark | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

/** A text and nothing beside it. */
export function plainText(text: string): TextBlock {
  return { type: "text", text, citations: [], cache: null, extras: NO_EXTRAS, spelling: NO_SPELLING };
}

export interface RefusalBlock {
  readonly type: "refusal";
  readonly text: string;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export interface ImageBlock {
  readonly type: "image";
  readonly source: MediaSource;
  /** Resolution asked for ("auto", "low", "high", ...); null: not said. */
  readonly detail: string | null;
  readonly cache: CacheMark | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export interface DocumentBlock {
  readonly type: "document";
  /** `text`: plain text given inline. `blocks`: content given as blocks (Anthropic custom content). */
  readonly source:
    | MediaSource
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "blocks"; readonly blocks: readonly IrBlock[]; readonly wasString: boolean };
  /** File name or title. */
  readonly title: string | null;
  readonly context: string | null;
  /** Whether the answer shall cite it; null: not said. */
  readonly citations: boolean | null;
  readonly cache: CacheMark | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export interface AudioBlock {
  readonly type: "audio";
  /** `file`: a reference to earlier audio output. */
  readonly source: MediaSource;
  /** "wav", "mp3", ...; null: not said. */
  readonly format: string | null;
  readonly transcript: string | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export interface ToolCallBlock {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  /** function: JSON text of the arguments object, exactly as it came (may be empty or broken). custom: free text. */
  readonly kind: "function" | "custom";
  readonly arguments: string;
  readonly signature: ReasoningSignature | null;
  readonly cache: CacheMark | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export interface ToolResultBlock {
  readonly type: "tool-result";
  readonly callId: string;
  /** The tool's name where the wire carries it; null: look at the call with the same id. */
  readonly name: string | null;
  readonly content: readonly IrBlock[];
  /** See IrInstruction.wasString. */
  readonly wasString: boolean;
  /** null: not said. */
  readonly isError: boolean | null;
  readonly cache: CacheMark | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export interface ReasoningBlock {
  readonly type: "reasoning";
  /** "" when the vendor omitted or redacted it. */
  readonly text: string;
  readonly signature: ReasoningSignature | null;
  /** Redacted or encrypted reasoning that must be replayed as it is. */
  readonly encrypted: ReasoningSignature | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

/** A block only its own protocol has (server tools, search results, ...), whole. */
export interface OpaqueBlock {
  readonly type: "opaque";
  readonly sourceProtocol: string;
  /** The wire's own type word, for losses. */
  readonly name: string;
  readonly value: unknown;
  /** The same in plain words, as every other protocol gets it; absent: it has none. */
  readonly readable?: string;
  /** Words for the vendor's own books; absent: a part of the conversation. */
  readonly isMetadata?: true;
  readonly spelling: Spelling;
}

/** Where a statement in an answer comes from. Indexes as the source counts them; `raw` is the wire's own object. */
export interface IrCitation {
  readonly kind: "url" | "document" | "other";
  readonly url: string | null;
  readonly title: string | null;
  readonly citedText: string | null;
  /** Character span in the answer text, where the protocol gives one. */
  readonly start: number | null;
  readonly end: number | null;
  readonly sourceProtocol: string;
  readonly raw: unknown;
}

export type IrTool =
  | {
      readonly type: "function";
      readonly name: string;
      readonly description: string | null;
      /** JSON Schema of the arguments; null: none given. */
      readonly parameters: unknown;
      readonly strict: boolean | null;
      readonly cache: CacheMark | null;
      readonly extras: Extras;
      readonly spelling: Spelling;
    }
  /** A tool whose input is free text, optionally held to a grammar (`format`: `{type: "grammar", syntax, definition}`, flat; null: none). */
  | {
      readonly type: "custom";
      readonly name: string;
      readonly description: string | null;
      readonly format: unknown;
      readonly extras: Extras;
      readonly spelling: Spelling;
    }
  /** A tool the vendor runs itself, or one only its protocol has. */
  | { readonly type: "opaque"; readonly sourceProtocol: string; readonly name: string; readonly value: unknown };

export type IrToolChoice =
  | { readonly kind: "auto" }
  | { readonly kind: "none" }
  | { readonly kind: "required" }
  | { readonly kind: "tool"; readonly name: string }
  /** Only these may be called; `mode` auto or required. */
  | { readonly kind: "allowed"; readonly mode: "auto" | "required"; readonly names: readonly string[] }
  | { readonly kind: "opaque"; readonly sourceProtocol: string; readonly value: unknown };

export interface IrSampling {
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly seed: number | null;
  readonly presencePenalty: number | null;
  readonly frequencyPenalty: number | null;
}

export const NO_SAMPLING: IrSampling = {
  temperature: null,
  topP: null,
  topK: null,
  seed: null,
  presencePenalty: null,
  frequencyPenalty: null,
};

/** How much the model shall think. Effort words and budgets are both kept; writers derive one from the other. */
export interface IrReasoningConfig {
  /** enabled: with `budgetTokens` or by default; adaptive: the model decides; disabled; null: only an effort was given. */
  readonly mode: "enabled" | "adaptive" | "disabled" | null;
  /** The vendor's word ("none", "minimal", "low", "medium", "high", "xhigh", "max"); null: not said. */
  readonly effort: string | null;
  readonly budgetTokens: number | null;
  /** What the answer shows of it ("summarized", "omitted", "auto", "detailed", ...); null: not said. */
  readonly display: string | null;
}

export type IrOutputFormat =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  | {
      readonly kind: "json-schema";
      readonly name: string | null;
      readonly description: string | null;
      readonly schema: unknown;
      readonly strict: boolean | null;
    };
