/** Errors out: a failure as google.rpc.Status, with the details the vendor's clients look for. Total over every kind. */
import type { Failure, FailureKind } from "../../ir/failure.ts";
import type { JsonObject } from "../../std/json.ts";
import type { ErrorContext, WrittenError } from "../protocol.ts";
import {
  gatewayMembers,
  messageOfFailure,
  showsWords,
  statusOfFailure,
  streamMembers,
} from "../shared/errors/writing.ts";
import { isStatusWord, STATUS_WORDS, type StatusWord } from "./wire.ts";

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  const error = writeStatus(failure, versionOf(context.path));
  return { status: statusOf(failure), headers: {}, body: { error: { ...error, ...gatewayMembers(failure, context) } } };
}

/** The envelope as it stands inside a stream: after the first byte there is no status and no header. */
export function writeStreamError(failure: Failure): JsonObject {
  return { error: { ...writeStatus(failure, null), ...streamMembers(failure) } };
}

function writeStatus(failure: Failure, version: string | null): JsonObject {
  const status = statusOf(failure);
  const details = detailsOf(failure);
  return {
    code: status,
    message: messageOf(failure, version),
    status: wordOf(failure, status),
    ...(details.length === 0 ? {} : { details }),
  };
}

/** The vendor answers a wrong key with 400. Its clients try again at 503, and have never heard of Anthropic's 529. */
function statusOf(failure: Failure): number {
  if (failure.kind === "unauthenticated") return 400;
  const status = statusOfFailure(failure);
  return status === 529 ? 503 : status;
}

const WORDS = {
  "rate-limited": "RESOURCE_EXHAUSTED",
  "quota-words": "RESOURCE_EXHAUSTED",
  overloaded: "UNAVAILABLE",
  "server-error": "INTERNAL",
  timeout: "DEADLINE_EXCEEDED",
  network: "UNAVAILABLE",
  malformed: "INTERNAL",
  redirect: "INTERNAL",
  billing: "PERMISSION_DENIED",
  credential: "UNAUTHENTICATED",
  "model-missing": "NOT_FOUND",
  "wrong-model": "INTERNAL",
  "answer-refused": "INTERNAL",
  "low-quality": "UNAVAILABLE",
  "upstream-too-large": "INVALID_ARGUMENT",
  "context-length": "INVALID_ARGUMENT",
  rejected: "INVALID_ARGUMENT",
  "caller-credential": "UNAUTHENTICATED",
  "invalid-request": "INVALID_ARGUMENT",
  unauthenticated: "INVALID_ARGUMENT",
  forbidden: "PERMISSION_DENIED",
  "unknown-route": "NOT_FOUND",
  "unknown-model": "NOT_FOUND",
  "method-not-allowed": "INVALID_ARGUMENT",
  "upgrade-refused": "FAILED_PRECONDITION",
  "body-timeout": "DEADLINE_EXCEEDED",
  "body-too-large": "INVALID_ARGUMENT",
  "unsupported-body": "INVALID_ARGUMENT",
  "losses-refused": "INVALID_ARGUMENT",
  "no-capable-lane": "INVALID_ARGUMENT",
  "constraint-filtered": "INVALID_ARGUMENT",
  "budget-exceeded": "RESOURCE_EXHAUSTED",
  "limit-exceeded": "RESOURCE_EXHAUSTED",
  "idempotency-mismatch": "ABORTED",
  "idempotency-in-progress": "ABORTED",
  "bodies-full": "UNAVAILABLE",
  "ledger-unavailable": "UNAVAILABLE",
  "no-eligible-lane": "UNAVAILABLE",
  "exact-model-unavailable": "UNAVAILABLE",
  "no-capable-fallback": "UNAVAILABLE",
  "no-suitable-model-available": "UNAVAILABLE",
  "missing-protocol": "UNAVAILABLE",
  "deadline-exceeded": "DEADLINE_EXCEEDED",
  "shutting-down": "UNAVAILABLE",
  internal: "INTERNAL",
  "client-gone": "CANCELLED",
} as const satisfies Record<FailureKind, StatusWord>;

const WORD_BY_STATUS: ReadonlyMap<number, StatusWord> = new Map([
  [400, "INVALID_ARGUMENT"],
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [409, "ABORTED"],
  [429, "RESOURCE_EXHAUSTED"],
  [499, "CANCELLED"],
  [500, "INTERNAL"],
  [501, "UNIMPLEMENTED"],
  [503, "UNAVAILABLE"],
  [504, "DEADLINE_EXCEEDED"],
]);

/** The word always belongs to the status beside it; a refusal keeps the vendor's own where that holds. */
function wordOf(failure: Failure, status: number): StatusWord {
  const own = failure.upstream?.type ?? "";
  if (showsWords(failure.kind) && isStatusWord(own) && STATUS_WORDS[own] === status) return own;
  const word: StatusWord = WORDS[failure.kind];
  if (STATUS_WORDS[word] === status) return word;
  return WORD_BY_STATUS.get(status) ?? (status < 500 ? "INVALID_ARGUMENT" : "INTERNAL");
}

function messageOf(failure: Failure, version: string | null): string {
  const { kind } = failure;
  const message = messageOfFailure(failure);
  if (kind === "unauthenticated") return "API key not valid. Please pass a valid API key.";
  // Clients know the condition by these words and by nothing else.
  if (
    kind === "context-length" &&
    !/input token count .*exceeds|exceeds the maximum number of (input )?tokens/i.test(message)
  ) {
    return `The input token count exceeds the maximum number of tokens allowed. ${message}`;
  }
  if (version !== null && (kind === "unknown-model" || kind === "unknown-route")) {
    return `${message} (API version ${version})`;
  }
  return message;
}

/** The vendor names the version the client asked for; null: the path holds none. */
function versionOf(path: string): string | null {
  return /^\/(v1[a-z0-9]*)\//.exec(path)?.[1] ?? null;
}

/** Stable codes of our own refusals, where the vendor keeps its finer words: the reason of an ErrorInfo. */
const REASONS: ReadonlyMap<FailureKind, string> = new Map([
  ["no-capable-lane", "NO_CAPABLE_LANE"],
  ["constraint-filtered", "CONSTRAINT_FILTERED"],
  ["no-eligible-lane", "NO_ELIGIBLE_LANE"],
  ["exact-model-unavailable", "EXACT_MODEL_UNAVAILABLE"],
  ["no-capable-fallback", "NO_CAPABLE_FALLBACK"],
  ["no-suitable-model-available", "NO_SUITABLE_MODEL_AVAILABLE"],
  ["missing-protocol", "MISSING_PROTOCOL"],
  ["deadline-exceeded", "DEADLINE_EXCEEDED"],
  ["budget-exceeded", "INSUFFICIENT_QUOTA"],
]);

const TYPE = "type.googleapis.com/google.rpc";

function detailsOf(failure: Failure): JsonObject[] {
  const { kind, retryAfterMs } = failure;
  const details: JsonObject[] = [];
  const reason = REASONS.get(kind);
  if (kind === "unauthenticated") {
    details.push({
      "@type": `${TYPE}.ErrorInfo`,
      reason: "API_KEY_INVALID",
      domain: "googleapis.com",
      metadata: { service: "generativelanguage.googleapis.com" },
    });
  } else if (reason !== undefined) {
    details.push({ "@type": `${TYPE}.ErrorInfo`, reason, domain: "ringmain" });
  }
  if (kind === "budget-exceeded") {
    const description = "The budget of this key is used up.";
    details.push({ "@type": `${TYPE}.QuotaFailure`, violations: [{ subject: "budget", description }] });
  }
  if (retryAfterMs !== null && WAITS.has(kind)) {
    details.push({ "@type": `${TYPE}.RetryInfo`, retryDelay: `${Math.max(1, Math.ceil(retryAfterMs / 1000))}s` });
  }
  return details;
}

/** What gets better by waiting. */
const WAITS: ReadonlySet<FailureKind> = new Set([
  "rate-limited",
  "quota-words",
  "overloaded",
  "limit-exceeded",
  "budget-exceeded",
  "no-eligible-lane",
  "exact-model-unavailable",
  "no-capable-fallback",
  "no-suitable-model-available",
  "shutting-down",
]);
