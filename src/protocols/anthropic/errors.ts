/** Errors out: a failure in the vendor's own envelope. Total over every kind. */
import { FAILURES, type Failure, type FailureKind } from "../../ir/failure.ts";
import type { JsonObject } from "../../std/json.ts";
import type { ErrorContext, WrittenError } from "../protocol.ts";
import {
  codeOfFailure,
  gatewayMembers,
  isPermissionDenied,
  REFUSAL_CODES,
  repeatHeaders,
  statusOfFailure,
  streamMembers,
} from "../shared/errors/writing.ts";
import { isErrorType, type WireErrorType } from "./wire.ts";

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  const status = statusOf(failure);
  return {
    status,
    headers: { "request-id": context.requestId, ...repeatHeaders(failure) },
    body: {
      type: "error",
      error: {
        type: errorTypeOf(failure, status),
        message: messageOf(failure),
        ...detailsOf(failure.kind),
        ...gatewayMembers(failure, context),
      },
      request_id: context.requestId,
    },
  };
}

/** The envelope as it stands inside a stream: after the first byte there is no status and no header. */
export function writeStreamError(failure: Failure): JsonObject {
  return {
    type: "error",
    error: {
      type: errorTypeOf(failure, statusOf(failure)),
      message: messageOf(failure),
      ...detailsOf(failure.kind),
      code: codeOfFailure(failure),
      ...streamMembers(failure),
    },
  };
}

const TYPES = {
  "rate-limited": "rate_limit_error",
  "quota-words": "rate_limit_error",
  overloaded: "overloaded_error",
  "server-error": "api_error",
  timeout: "timeout_error",
  network: "api_error",
  malformed: "api_error",
  redirect: "api_error",
  billing: "billing_error",
  credential: "authentication_error",
  "model-missing": "not_found_error",
  "wrong-model": "api_error",
  "answer-refused": "api_error",
  "low-quality": "overloaded_error",
  "upstream-too-large": "request_too_large",
  "context-length": "invalid_request_error",
  rejected: "invalid_request_error",
  "caller-credential": "authentication_error",
  "invalid-request": "invalid_request_error",
  unauthenticated: "authentication_error",
  forbidden: "permission_error",
  "unknown-route": "not_found_error",
  "unknown-model": "not_found_error",
  "method-not-allowed": "invalid_request_error",
  "upgrade-refused": "invalid_request_error",
  "body-timeout": "timeout_error",
  "body-too-large": "request_too_large",
  "unsupported-body": "invalid_request_error",
  "losses-refused": "invalid_request_error",
  "no-capable-lane": "invalid_request_error",
  "constraint-filtered": "invalid_request_error",
  "budget-exceeded": "rate_limit_error",
  "limit-exceeded": "rate_limit_error",
  "idempotency-mismatch": "conflict_error",
  "idempotency-in-progress": "conflict_error",
  "bodies-full": "overloaded_error",
  "ledger-unavailable": "overloaded_error",
  "no-eligible-lane": "overloaded_error",
  "exact-model-unavailable": "overloaded_error",
  "no-capable-fallback": "overloaded_error",
  "no-suitable-model-available": "overloaded_error",
  "missing-protocol": "overloaded_error",
  "deadline-exceeded": "timeout_error",
  "shutting-down": "overloaded_error",
  internal: "api_error",
  "client-gone": "api_error",
} as const satisfies Record<FailureKind, WireErrorType>;

const TYPE_BY_STATUS: ReadonlyMap<number, WireErrorType> = new Map([
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [409, "conflict_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [503, "overloaded_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
]);

/**
 * The vendor's types of these kinds go with one status each, and clients look at the status: the official SDKs repeat every
 * 429, and an account that is empty stays so.
 */
function statusOf(failure: Failure): number {
  const status = statusOfFailure(failure);
  switch (failure.kind) {
    case "billing":
      return FAILURES.billing.status;
    case "model-missing":
      return TYPE_BY_STATUS.has(status) ? status : FAILURES["model-missing"].status;
    default:
      return status;
  }
}

/** A refusal keeps the type its vendor gave it when that is a type of ours too; else the status says which. */
function errorTypeOf(failure: Failure, status: number): WireErrorType {
  if (failure.kind === "rejected" || failure.kind === "caller-credential") {
    const type = failure.upstream?.type ?? "";
    return isErrorType(type) ? type : (TYPE_BY_STATUS.get(status) ?? TYPES[failure.kind]);
  }
  // What may not be done with a model and a model that is missing are one kind; the status tells which.
  if (failure.kind === "model-missing") return TYPE_BY_STATUS.get(status) ?? TYPES[failure.kind];
  if (isPermissionDenied(failure)) return "permission_error";
  return status === 503 || status === 529 ? "overloaded_error" : TYPES[failure.kind];
}

/** Coding clients look for the vendor's own words to ask their user for another key. */
function messageOf(failure: Failure): string {
  if (failure.kind === "unauthenticated") return "invalid x-api-key";
  // Clients know the condition by these words and by nothing else.
  if (failure.kind === "context-length" && !/prompt is too long/i.test(failure.message)) {
    return `prompt is too long: ${failure.message}`;
  }
  return failure.message;
}

/**
 * Stable codes of our own refusals, where the vendor keeps its codes: `error.details.error_code` (SDK type APIError). The
 * official SDKs show it as `errorCode`.
 */
function detailsOf(kind: FailureKind): JsonObject {
  const code = REFUSAL_CODES.get(kind);
  return code === undefined ? {} : { details: { error_code: code } };
}
