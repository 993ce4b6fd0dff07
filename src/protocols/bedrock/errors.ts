/** Errors out: a failure in the envelope of an AWS service. Total over every kind. */
import { FAILURES, type Failure, type FailureKind } from "../../ir/failure.ts";
import { sha256Hex } from "../../std/digest.ts";
import { exceptionFrame } from "../framing/event-stream-framing.ts";
import type { ErrorContext, Frame, WrittenError } from "../protocol.ts";
import { codeOfFailure, gatewayMembers, streamMembers } from "../shared/errors/writing.ts";
import { ERROR_TYPES, isErrorType, type StreamException, type WireErrorType } from "./wire.ts";

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  const type = errorTypeOf(failure);
  return {
    status: statusOf(failure, type),
    headers: { ...answerHeaders(context.requestId), "x-amzn-errortype": type },
    body: {
      __type: type,
      message: messageOf(failure),
      ...gatewayMembers(failure, context),
    },
  };
}

/** The vendor's request ids are UUIDs: ours, hashed into the same shape. */
export function answerHeaders(requestId: string): Readonly<Record<string, string>> {
  const hex = sha256Hex(requestId);
  const id = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)];
  return { "x-amzn-requestid": id.join("-") };
}

/** The exception that ends a stream: after the first byte there is no status and no header. */
export function writeException(failure: Failure): Frame {
  return exceptionFrame(
    EXCEPTIONS[failure.kind],
    JSON.stringify({ message: messageOf(failure), code: codeOfFailure(failure), ...streamMembers(failure) }),
  );
}

const TYPES = {
  "rate-limited": "ThrottlingException",
  "quota-words": "ThrottlingException",
  overloaded: "ServiceUnavailableException",
  "server-error": "InternalServerException",
  timeout: "ModelTimeoutException",
  network: "InternalServerException",
  malformed: "InternalServerException",
  redirect: "InternalServerException",
  billing: "ServiceQuotaExceededException",
  credential: "AccessDeniedException",
  "model-missing": "ResourceNotFoundException",
  "wrong-model": "InternalServerException",
  "answer-refused": "InternalServerException",
  "low-quality": "ServiceUnavailableException",
  "upstream-too-large": "RequestEntityTooLargeException",
  "context-length": "ValidationException",
  rejected: "ValidationException",
  "caller-credential": "AccessDeniedException",
  "invalid-request": "ValidationException",
  unauthenticated: "AccessDeniedException",
  forbidden: "AccessDeniedException",
  "unknown-route": "UnknownOperationException",
  "unknown-model": "ResourceNotFoundException",
  "method-not-allowed": "ValidationException",
  "upgrade-refused": "ValidationException",
  "body-timeout": "ValidationException",
  "body-too-large": "RequestEntityTooLargeException",
  "unsupported-body": "ValidationException",
  "losses-refused": "ValidationException",
  "no-capable-lane": "ValidationException",
  "constraint-filtered": "ValidationException",
  "budget-exceeded": "ServiceQuotaExceededException",
  "limit-exceeded": "ThrottlingException",
  "idempotency-mismatch": "ConflictException",
  "idempotency-in-progress": "ConflictException",
  "bodies-full": "ServiceUnavailableException",
  "ledger-unavailable": "ServiceUnavailableException",
  "no-eligible-lane": "ServiceUnavailableException",
  "exact-model-unavailable": "ServiceUnavailableException",
  "no-capable-fallback": "ServiceUnavailableException",
  "no-suitable-model-available": "ServiceUnavailableException",
  "missing-protocol": "ServiceUnavailableException",
  "deadline-exceeded": "ModelTimeoutException",
  "shutting-down": "ServiceUnavailableException",
  internal: "InternalServerException",
  "client-gone": "InternalServerException",
} as const satisfies Record<FailureKind, WireErrorType>;

/** What a stream may end with (SDK type ConverseStreamOutput); clients read any other name as unknown. */
const EXCEPTIONS = {
  "rate-limited": "throttlingException",
  "quota-words": "throttlingException",
  overloaded: "serviceUnavailableException",
  "server-error": "internalServerException",
  timeout: "modelStreamErrorException",
  network: "internalServerException",
  malformed: "modelStreamErrorException",
  redirect: "internalServerException",
  billing: "internalServerException",
  credential: "internalServerException",
  "model-missing": "validationException",
  "wrong-model": "internalServerException",
  "answer-refused": "internalServerException",
  "low-quality": "serviceUnavailableException",
  "upstream-too-large": "validationException",
  "context-length": "validationException",
  rejected: "validationException",
  "caller-credential": "validationException",
  "invalid-request": "validationException",
  unauthenticated: "validationException",
  forbidden: "validationException",
  "unknown-route": "validationException",
  "unknown-model": "validationException",
  "method-not-allowed": "validationException",
  "upgrade-refused": "validationException",
  "body-timeout": "validationException",
  "body-too-large": "validationException",
  "unsupported-body": "validationException",
  "losses-refused": "validationException",
  "no-capable-lane": "validationException",
  "constraint-filtered": "validationException",
  "budget-exceeded": "throttlingException",
  "limit-exceeded": "throttlingException",
  "idempotency-mismatch": "validationException",
  "idempotency-in-progress": "validationException",
  "bodies-full": "serviceUnavailableException",
  "ledger-unavailable": "serviceUnavailableException",
  "no-eligible-lane": "serviceUnavailableException",
  "exact-model-unavailable": "serviceUnavailableException",
  "no-capable-fallback": "serviceUnavailableException",
  "no-suitable-model-available": "serviceUnavailableException",
  "missing-protocol": "serviceUnavailableException",
  "deadline-exceeded": "modelStreamErrorException",
  "shutting-down": "serviceUnavailableException",
  internal: "internalServerException",
  "client-gone": "internalServerException",
} as const satisfies Record<FailureKind, StreamException>;

/** A refusal keeps the type its vendor gave it when that is a type of ours too. */
function errorTypeOf(failure: Failure): WireErrorType {
  if (failure.kind === "rejected" || failure.kind === "caller-credential") {
    const type = failure.upstream?.type ?? "";
    if (isErrorType(type)) return type;
    if (failure.upstream?.status === 404) return "ResourceNotFoundException";
  }
  return TYPES[failure.kind];
}

/** Kinds whose status here is the gateway's own: AWS has no other name for them, and its clients look at the status too. */
const OWN_STATUS: ReadonlySet<FailureKind> = new Set([
  "method-not-allowed",
  "upgrade-refused",
  "body-timeout",
  "unsupported-body",
]);

/** Clients tell errors by their type; the status is the one this service gives to it. */
function statusOf(failure: Failure, type: WireErrorType): number {
  return OWN_STATUS.has(failure.kind) ? FAILURES[failure.kind].status : ERROR_TYPES[type];
}

function messageOf(failure: Failure): string {
  // The service's own sentence, whatever was wrong with the credential.
  if (failure.kind === "unauthenticated") return "The security token included in the request is invalid.";
  // Clients know the condition by these words and by nothing else.
  if (failure.kind === "context-length" && !/input is too long|prompt is too long/i.test(failure.message)) {
    return `Input is too long for requested model. ${failure.message}`;
  }
  return failure.message;
}
