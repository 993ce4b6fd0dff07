/**
 * The words of the Messages API, taken from the vendor's own SDK types so that the compiler objects when they change:
 * the tables that read and write them are closed over these unions. Types only: the SDK is no part of the program.
 */
import type {
  ContentBlockParam,
  RawContentBlockDelta,
  RawMessageStreamEvent,
  ToolChoice,
} from "@anthropic-ai/sdk/resources/messages/messages";
import type { ErrorType } from "@anthropic-ai/sdk/resources/shared";

export type {
  RedactedThinkingBlockParam,
  StopReason,
  TextBlockParam,
  ThinkingBlockParam,
  ToolResultBlockParam,
  ToolUseBlockParam,
} from "@anthropic-ai/sdk/resources/messages/messages";
export type { ModelInfo } from "@anthropic-ai/sdk/resources/models";

export type RequestBlockType = ContentBlockParam["type"];
export type StreamEventType = RawMessageStreamEvent["type"];
export type DeltaType = RawContentBlockDelta["type"];
export type ToolChoiceType = ToolChoice["type"];

/** Id of this protocol: the `sourceProtocol` of what it reads and the issuer of its signatures. */
export const PROTOCOL = "anthropic";
/** How losses call this API. */
export const API = "the Messages API";
/** What is said of members that only another protocol has. */
export const NO_PLACE = `${API} has no such member`;

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
