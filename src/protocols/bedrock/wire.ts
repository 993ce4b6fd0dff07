/**
 * The words of the Converse API, taken from the vendor's own SDK types so that the compiler objects when they change: the
 * tables that read and write them are closed over these unions. Types only: the SDK is no part of the program.
 */
import type {
  AudioFormat,
  ContentBlock,
  ContentBlockDelta,
  ConverseRequest,
  ConverseStreamOutput,
  DocumentFormat,
  ImageFormat,
  ServiceTierType,
} from "@aws-sdk/client-bedrock-runtime";

export type {
  CitationLocation,
  PerformanceConfigLatency,
  StopReason,
  TokenUsage,
} from "@aws-sdk/client-bedrock-runtime";

/** The SDK names what it does not know `$unknown`. */
type KeyOf<Union> = Union extends unknown ? Exclude<RequiredKey<Union>, "$unknown"> : never;
type RequiredKey<Member> = {
  [Name in keyof Member]-?: Member[Name] extends undefined ? never : undefined extends Member[Name] ? never : Name;
}[keyof Member];

export type BlockKey = KeyOf<ContentBlock>;
export type DeltaKey = KeyOf<ContentBlockDelta>;
type StreamKey = KeyOf<ConverseStreamOutput>;
export type EventKey = Exclude<StreamKey, `${string}Exception`>;
export type StreamException = Extract<StreamKey, `${string}Exception`>;
export type RequestMember = Exclude<keyof ConverseRequest, "modelId">;
export type ImageWord = ImageFormat;
export type AudioWord = AudioFormat;
export type DocumentWord = DocumentFormat;
export type WireTier = ServiceTierType;

/** Id of this protocol: the `sourceProtocol` of what it reads. */
export const PROTOCOL = "bedrock";

/** How losses call this API. */
export const API = "the Converse API";

/**
 * Error types of the runtime's operations, with their statuses (docs.aws.amazon.com, Converse, errors; and the errors
 * common to all AWS services, read 2026-11).
 */
export const ERROR_TYPES = {
  AccessDeniedException: 403,
  ConflictException: 400,
  ExpiredTokenException: 403,
  IncompleteSignature: 403,
  InternalServerException: 500,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  ModelErrorException: 424,
  ModelNotReadyException: 429,
  ModelStreamErrorException: 424,
  ModelTimeoutException: 408,
  RequestEntityTooLargeException: 413,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 400,
  ServiceUnavailableException: 503,
  ThrottlingException: 429,
  UnknownOperationException: 404,
  UnrecognizedClientException: 403,
  ValidationException: 400,
} as const;

export type WireErrorType = keyof typeof ERROR_TYPES;

export function isErrorType(word: string): word is WireErrorType {
  return Object.hasOwn(ERROR_TYPES, word);
}
