/**
 * Errors out: every failure in the vendor's envelope, `{id, message}`. Total over every kind. The gateway's own refusals
 * carry their stable code where some of the vendor's errors have a label.
 */
import type { Failure, FailureKind } from "../../ir/failure.ts";
import type { ErrorContext, WrittenError } from "../protocol.ts";
import {
  gatewayMembers,
  messageOfFailure,
  REFUSAL_CODES,
  retryAfterHeaders,
  statusOfFailure,
} from "../shared/errors/writing.ts";
import type { WireErrorBody } from "./wire.ts";

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  const label = LABELS.get(failure.kind);
  const body: WireErrorBody = {
    id: context.requestId,
    message: messageFor(failure),
    ...(label === undefined ? {} : { error_type: label }),
    ...gatewayMembers(failure, context),
  };
  return { status: statusOf(failure), headers: retryAfterHeaders(failure), body: { ...body } };
}

/** The sentence alone: inside a stream there is no status and no header any more. */
export function messageFor(failure: Failure): string {
  if (failure.kind === "unauthenticated") return "invalid api token";
  const message = messageOfFailure(failure);
  // Clients know the condition by these words and by nothing else.
  return failure.kind === "context-length" && !/^too many tokens/i.test(message)
    ? `too many tokens: ${message}`
    : message;
}

/** Anthropic's word for it is 529; the vendor's clients know 503. */
function statusOf(failure: Failure): number {
  const status = statusOfFailure(failure);
  return status === 529 ? 503 : status;
}

const LABELS: ReadonlyMap<FailureKind, string> = new Map<FailureKind, string>([
  ["context-length", "TOO_MANY_TOKENS"],
  ["losses-refused", "losses_refused"],
  ...REFUSAL_CODES,
]);
