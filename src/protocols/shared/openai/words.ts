/** Types and codes of errors as the clients of both of OpenAI's protocols know them. */

import type { Failure, FailureKind } from "../../../ir/failure.ts";
import type { ErrorContext, WrittenError } from "../../protocol.ts";
import {
  gatewayMembers,
  isPermissionDenied,
  messageOfFailure,
  repeatHeaders,
  retryAfterHeaders,
  statusOfFailure,
} from "../errors/writing.ts";

interface OpenAiWords {
  readonly type: string;
  readonly code: string | null;
}

/** What a protocol calls trouble of the vendor's that has no word of its own. */
type ServerType = "api_error" | "server_error";

interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
    /** What the gateway tells about itself, where the operator lets it. */
    readonly gateway?: unknown;
    readonly retry_after_ms?: unknown;
  };
}

/** Every failure in the vendor's envelope, with the gateway's stable code where the gateway itself refuses. */
export function writeErrorAs(serverType: ServerType, failure: Failure, context: ErrorContext): WrittenError {
  const status = statusOfFailure(failure);
  const { type, code } = openAiWordsFor(failure, status, serverType);
  const body: OpenAiErrorBody = {
    error: {
      message: messageOfFailure(failure),
      type,
      param: failure.param ?? null,
      code,
      ...gatewayMembers(failure, context),
    },
  };
  return { status, headers: { ...retryAfterHeaders(failure), ...repeatHeaders(failure) }, body: { ...body } };
}

export function openAiWordsFor(failure: Failure, status: number, serverType: ServerType): OpenAiWords {
  const own = isPermissionDenied(failure) ? undefined : WORDS[failure.kind];
  if (own !== undefined) return own;
  if (status === 401) return { type: "authentication_error", code: "invalid_api_key" };
  if (status === 403) return { type: "permission_error", code: null };
  if (status === 429) return { type: "rate_limit_error", code: "rate_limit_exceeded" };
  if (status === 503 || status === 504 || status === 529) return { type: "server_error", code: null };
  return { type: status >= 500 ? serverType : "invalid_request_error", code: null };
}

/** Those not listed follow the status. */
const WORDS: { readonly [kind in FailureKind]?: { readonly type: string; readonly code: string | null } } = {
  "rate-limited": { type: "rate_limit_error", code: "rate_limit_exceeded" },
  "quota-words": { type: "rate_limit_error", code: "rate_limit_exceeded" },
  overloaded: { type: "server_error", code: null },
  timeout: { type: "server_error", code: null },
  billing: { type: "insufficient_quota", code: "insufficient_quota" },
  credential: { type: "authentication_error", code: "invalid_api_key" },
  "model-missing": { type: "not_found_error", code: "model_not_found" },
  "wrong-model": { type: "server_error", code: "wrong_model" },
  "answer-refused": { type: "server_error", code: "answer_refused" },
  "low-quality": { type: "server_error", code: "low_quality" },
  "context-length": { type: "invalid_request_error", code: "context_length_exceeded" },
  "invalid-request": { type: "invalid_request_error", code: null },
  unauthenticated: { type: "authentication_error", code: "invalid_api_key" },
  forbidden: { type: "permission_error", code: null },
  "unknown-route": { type: "not_found_error", code: null },
  "unknown-model": { type: "not_found_error", code: "model_not_found" },
  "losses-refused": { type: "invalid_request_error", code: "losses_refused" },
  "no-capable-lane": { type: "invalid_request_error", code: "no_capable_lane" },
  "constraint-filtered": { type: "invalid_request_error", code: "constraint_filtered" },
  "budget-exceeded": { type: "insufficient_quota", code: "insufficient_quota" },
  "limit-exceeded": { type: "rate_limit_error", code: "rate_limit_exceeded" },
  "idempotency-mismatch": { type: "invalid_request_error", code: "idempotency_mismatch" },
  "idempotency-in-progress": { type: "invalid_request_error", code: "idempotency_in_progress" },
  "bodies-full": { type: "server_error", code: "bodies_full" },
  "ledger-unavailable": { type: "server_error", code: "ledger_unavailable" },
  "no-eligible-lane": { type: "server_error", code: "no_eligible_lane" },
  "exact-model-unavailable": { type: "server_error", code: "exact_model_unavailable" },
  "no-capable-fallback": { type: "server_error", code: "no_capable_fallback" },
  "no-suitable-model-available": { type: "server_error", code: "no_suitable_model_available" },
  "missing-protocol": { type: "server_error", code: "missing_protocol" },
  "deadline-exceeded": { type: "server_error", code: "deadline_exceeded" },
  "shutting-down": { type: "server_error", code: "shutting_down" },
};
