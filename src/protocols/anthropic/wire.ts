/**
 * The words of the Messages API, taken from the vendor's own SDK types so that the compiler objects when they change:
 * the tables here name every word the SDK knows. Types only at run time; the SDK is not part of the program.
 */
import type {
  ContentBlock,
  ContentBlockParam,
  Message,
  MessageCreateParamsBase,
  MessageParam,
  OutputConfig,
  RawMessageStreamEvent,
  StopReason,
  ThinkingConfigParam,
  ToolChoice,
} from "@anthropic-ai/sdk/resources/messages/messages";
import type { ModelInfo } from "@anthropic-ai/sdk/resources/models";
import type { ErrorType } from "@anthropic-ai/sdk/resources/shared";

export type {
  CacheControlEphemeral,
  CitationCharLocation,
  ContentBlock,
  ContentBlockParam,
  Message,
  MessageCreateParamsBase,
  MessageParam,
  RawMessageStreamEvent,
  RedactedThinkingBlockParam,
  StopReason,
  TextBlockParam,
  ThinkingBlockParam,
  Tool,
  ToolChoice,
  ToolResultBlockParam,
  ToolUseBlockParam,
} from "@anthropic-ai/sdk/resources/messages/messages";
export type { ModelInfo } from "@anthropic-ai/sdk/resources/models";
export type { ErrorResponse } from "@anthropic-ai/sdk/resources/shared";

/** Id of this protocol: the `origin` of what it reads and the issuer of its signatures. */
export const ORIGIN = "anthropic";

/**
 * Types an error envelope may carry. `request_too_large` stands on the vendor's error page (platform.claude.com, API
 * errors, read 2026-11-21) but not in the SDK's union.
 */
export type WireErrorType = ErrorType | "request_too_large";

export const ERROR_TYPES = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
  memory_precondition_failed_error: 400,
  memory_path_conflict_error: 409,
} as const satisfies Record<WireErrorType, number>;

export function isErrorType(word: string): word is WireErrorType {
  return Object.hasOwn(ERROR_TYPES, word);
}

/** What becomes of each kind of event in a stream; a new kind in the SDK breaks the build here. */
export const STREAM_EVENTS = {
  message_start: true,
  content_block_start: true,
  content_block_delta: true,
  content_block_stop: true,
  message_delta: true,
  message_stop: true,
} as const satisfies Record<RawMessageStreamEvent["type"], true>;

/** The members of a request that are modelled in between; everything else rides as an extra. */
export const MODELLED_REQUEST = [
  "model",
  "max_tokens",
  "messages",
  "metadata",
  "output_config",
  "service_tier",
  "stop_sequences",
  "stream",
  "system",
  "thinking",
  "tool_choice",
  "tools",
] as const satisfies readonly (keyof MessageCreateParamsBase)[];

/** Gone from the SDK's types since newer models refuse them, still accepted for older ones. */
export const LEGACY_REQUEST = ["temperature", "top_p", "top_k", "output_format"] as const;

export type Effort = Exclude<NonNullable<OutputConfig["effort"]>, undefined>;
export type ThinkingType = ThinkingConfigParam["type"];
export type ToolChoiceType = ToolChoice["type"];
export type AnswerBlockType = ContentBlock["type"];
export type RequestBlockType = ContentBlockParam["type"];
export type Role = MessageParam["role"];
export type AnswerMember = keyof Message;
export type ModelMember = keyof ModelInfo;
export type FinishWord = StopReason;
