/**
 * Every failure in the vendor's words: an envelope before the answer has begun, the error of a failed Response after.
 * The gateway's own refusals carry its stable code.
 */
import { FAILURES, type Failure, type FailureKind } from "../../ir/failure.ts";
import type { ErrorContext, WrittenError } from "../protocol.ts";
import type { WireErrorBody, WireResponse } from "./wire.ts";

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  const status = statusOf(failure);
  const { type, code } = wordsFor(failure, status);
  const gateway = context.details && failure.details !== null ? { gateway: failure.details } : {};
  const body: WireErrorBody = { error: { message: messageFor(failure), type, param: null, code, ...gateway } };
  return { status, headers: retryHeaders(failure), body: { ...body } };
}

/**
 * The error of a failed Response. Agents decide by the code whether to try again, and read from the message how long to
 * wait, so the vendor's own code is kept where its words are.
 */
export function writeStreamError(failure: Failure): NonNullable<WireResponse["error"]> {
  const own = failure.upstream?.code ?? null;
  const kept = own !== null && SHOWS_WORDS.has(failure.kind) && LABEL.test(own) ? own : null;
  const code = kept ?? STREAM_CODES[failure.kind] ?? wordsFor(failure, statusOf(failure)).code ?? "server_error";
  return { code, message: withHint(messageFor(failure), code, failure.retryAfterMs) };
}

/** The vendor says the wait in the sentence; there is no header any more. */
function withHint(message: string, code: string, retryAfterMs: number | null): string {
  if (code !== "rate_limit_exceeded" || retryAfterMs === null || /try again in/i.test(message)) return message;
  return `${message} Please try again in ${(retryAfterMs / 1000).toFixed(3)}s.`;
}

/** The upstream's own status is kept where the failure is about the request or the upstream's state. */
function statusOf(failure: Failure): number {
  const said = failure.upstream?.status;
  const own: number = FAILURES[failure.kind].status;
  return said !== undefined && said >= 400 && said <= 599 && KEEPS_STATUS.has(failure.kind) ? said : own;
}

function wordsFor({ kind }: Failure, status: number): { type: string; code: string | null } {
  const own = WORDS[kind];
  if (own !== undefined) return own;
  if (status === 401) return { type: "authentication_error", code: "invalid_api_key" };
  if (status === 403) return { type: "permission_error", code: null };
  if (status === 429) return { type: "rate_limit_error", code: "rate_limit_exceeded" };
  return { type: status >= 500 ? "server_error" : "invalid_request_error", code: null };
}

/** What the upstream said about the request is the client's; about our account, key or machines it is not. */
function messageFor(failure: Failure): string {
  const said = failure.upstream?.message ?? null;
  return said !== null && SHOWS_WORDS.has(failure.kind) ? said : failure.message;
}

function retryHeaders({ retryAfterMs }: Failure): Readonly<Record<string, string>> {
  if (retryAfterMs === null) return {};
  return { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}

const LABEL = /^[a-z][a-z0-9_]{0,63}$/;

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

/** Types and codes the vendor's clients know; those not listed follow the status. */
const WORDS: { readonly [kind in FailureKind]?: { readonly type: string; readonly code: string | null } } = {
  "rate-limited": { type: "rate_limit_error", code: "rate_limit_exceeded" },
  overloaded: { type: "server_error", code: null },
  timeout: { type: "server_error", code: null },
  billing: { type: "insufficient_quota", code: "insufficient_quota" },
  credential: { type: "authentication_error", code: "invalid_api_key" },
  "model-missing": { type: "not_found_error", code: "model_not_found" },
  "wrong-model": { type: "server_error", code: "wrong_model" },
  "context-length": { type: "invalid_request_error", code: "context_length_exceeded" },
  "invalid-request": { type: "invalid_request_error", code: null },
  unauthenticated: { type: "authentication_error", code: "invalid_api_key" },
  forbidden: { type: "permission_error", code: null },
  "unknown-route": { type: "not_found_error", code: null },
  "unknown-model": { type: "not_found_error", code: "model_not_found" },
  "losses-refused": { type: "invalid_request_error", code: "losses_refused" },
  "no-capable-lane": { type: "invalid_request_error", code: "no_capable_lane" },
  "budget-exceeded": { type: "insufficient_quota", code: "insufficient_quota" },
  "limit-exceeded": { type: "rate_limit_error", code: "rate_limit_exceeded" },
  "no-eligible-lane": { type: "server_error", code: "no_eligible_lane" },
  "exact-model-unavailable": { type: "server_error", code: "exact_model_unavailable" },
  "no-capable-fallback": { type: "server_error", code: "no_capable_fallback" },
  "missing-protocol": { type: "server_error", code: "missing_protocol" },
  "deadline-exceeded": { type: "server_error", code: "deadline_exceeded" },
  "shutting-down": { type: "server_error", code: "shutting_down" },
};

/** Codes of a failed Response that differ from those of the envelope. */
const STREAM_CODES: { readonly [kind in FailureKind]?: string } = {
  overloaded: "server_is_overloaded",
  rejected: "invalid_prompt",
};
