/**
 * Errors out: every failure in the vendor's envelope, `{id, message}`. Total over every kind. The gateway's own refusals
 * carry their stable code where some of the vendor's errors have a label.
 */
import { FAILURES, type Failure, type FailureKind } from "../../ir/failure.ts";
import type { ErrorContext, WrittenError } from "../protocol.ts";
import type { WireErrorBody } from "./wire.ts";

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  const label = LABELS.get(failure.kind);
  const body: WireErrorBody = {
    id: context.requestId,
    message: messageFor(failure),
    ...(label === undefined ? {} : { error_type: label }),
    ...(context.details && failure.details !== null ? { gateway: failure.details } : {}),
  };
  return { status: statusOf(failure), headers: retryHeaders(failure), body: { ...body } };
}

/** The sentence alone: inside a stream there is no status and no header any more. */
export function messageFor(failure: Failure): string {
  if (failure.kind === "unauthenticated") return "invalid api token";
  const said = failure.upstream?.message ?? null;
  // What the upstream said about the request is the client's; about our account, key or machines it is not.
  const message = said !== null && SHOWS_WORDS.has(failure.kind) ? said : failure.message;
  // Clients know the condition by these words and by nothing else.
  return failure.kind === "context-length" && !/^too many tokens/i.test(message)
    ? `too many tokens: ${message}`
    : message;
}

/** The upstream's own status is kept where the failure is about the request or the upstream's state. */
function statusOf(failure: Failure): number {
  const said = failure.upstream?.status ?? 0;
  const own: number = FAILURES[failure.kind].status;
  if (said < 400 || said > 599 || !KEEPS_STATUS.has(failure.kind)) return own;
  return said === OVERLOADED_ELSEWHERE ? 503 : said;
}

function retryHeaders({ retryAfterMs }: Failure): Readonly<Record<string, string>> {
  if (retryAfterMs === null) return {};
  return { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}

/** Anthropic's word for it; the vendor's clients know 503. */
const OVERLOADED_ELSEWHERE = 529;

const KEEPS_STATUS: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "rate-limited",
  "overloaded",
  "server-error",
  "timeout",
  "billing",
  "model-missing",
  "upstream-too-large",
  "context-length",
  "rejected",
  "caller-credential",
]);

const SHOWS_WORDS: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "rate-limited",
  "overloaded",
  "server-error",
  "model-missing",
  "upstream-too-large",
  "context-length",
  "rejected",
  "caller-credential",
]);

const LABELS: ReadonlyMap<FailureKind, string> = new Map<FailureKind, string>([
  ["context-length", "TOO_MANY_TOKENS"],
  ["losses-refused", "losses_refused"],
  ["no-capable-lane", "no_capable_lane"],
  ["no-eligible-lane", "no_eligible_lane"],
  ["exact-model-unavailable", "exact_model_unavailable"],
  ["no-capable-fallback", "no_capable_fallback"],
  ["missing-protocol", "missing_protocol"],
  ["deadline-exceeded", "deadline_exceeded"],
  ["budget-exceeded", "insufficient_quota"],
]);
