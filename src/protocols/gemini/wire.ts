/**
 * The words of the Gemini API, taken from the vendor's own SDK types so that the compiler objects when they change: the
 * tables that read and write them are closed over these unions. Types only: the SDK is no part of the program.
 */
import type {
  Candidate,
  Content,
  FinishReason,
  FunctionCallingConfigMode,
  GenerateContentResponse,
  GenerateContentResponseUsageMetadata,
  ModalityTokenCount,
  Part,
  ThinkingLevel,
} from "@google/genai";

/** The SDK's enums are open in answers; here only their words matter. */
export type FinishWord = `${FinishReason}`;
export type LevelWord = `${ThinkingLevel}`;
export type ChoiceMode = `${FunctionCallingConfigMode}`;
export type PartName = keyof Part;
export type CandidateName = keyof Candidate;
export type ContentName = keyof Content;
/** What the SDK adds to an answer by itself never travels. */
export type AnswerName = Exclude<
  Extract<keyof GenerateContentResponse, string>,
  | "sdkHttpResponse"
  | "automaticFunctionCallingHistory"
  | "text"
  | "data"
  | "functionCalls"
  | "executableCode"
  | "codeExecutionResult"
  | "initialPromptTokenCount"
>;
export type UsageName = keyof GenerateContentResponseUsageMetadata;
export type ModalityName = keyof ModalityTokenCount;

/** Id of this protocol: the `sourceProtocol` of what it reads and the issuer of its signatures. */
export const PROTOCOL = "gemini";

/** How losses call this API. */
export const API = "the Gemini API";

/**
 * Status words of an error and the HTTP status each belongs to (google/rpc/code.proto, and cloud.google.com/apis/design/errors,
 * read 2026-11-27).
 */
export const STATUS_WORDS = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNKNOWN: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const satisfies Record<string, number>;

export type StatusWord = keyof typeof STATUS_WORDS;

export function isStatusWord(word: string): word is StatusWord {
  return Object.hasOwn(STATUS_WORDS, word);
}
