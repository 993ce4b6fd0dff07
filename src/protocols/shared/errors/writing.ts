/** What every protocol decides alike when it tells a client of a failure: whose status, whose words, which wait. */

import { FAILURES, type Failure, type FailureKind } from "../../../ir/failure.ts";
import type { JsonObject } from "../../../std/json.ts";

/** The upstream's own status is kept where the failure is about the request or the upstream's state. */
export function statusOfFailure(failure: Failure): number {
  const said = failure.upstream?.status;
  const own: number = FAILURES[failure.kind].status;
  if (isPermissionDenied(failure)) return 403;
  return said !== undefined && said >= 400 && said <= 599 && KEEPS_STATUS.has(failure.kind) ? said : own;
}

/** The vendor knows the credential and forbids the request. Clients ask their user to log in at a 401, which would not help. */
export function isPermissionDenied({ kind, upstream }: Failure): boolean {
  return kind === "credential" && upstream?.status === 403;
}

/** What the upstream said about the request is the client's; about our account, key or machines it is not. */
export function messageOfFailure(failure: Failure): string {
  const said = failure.upstream?.message ?? null;
  return said !== null && showsWords(failure.kind) ? said : failure.message;
}

/** The upstream's own words may be shown. */
export function showsWords(kind: FailureKind): boolean {
  return SHOWS_WORDS.has(kind);
}

/** The wait in whole seconds, at least one; none where it is unknown. */
export function retryAfterHeaders({ retryAfterMs }: Failure): Readonly<Record<string, string>> {
  if (retryAfterMs === null) return {};
  return { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}

/**
 * What stands in an error beside the protocol's own members: what the gateway tells about itself, where the operator lets it;
 * and the wait, where the request has waited already and its client is one that reads it there.
 */
export function gatewayMembers(
  { kind, retryAfterMs, details }: Failure,
  context: { readonly details: boolean },
): JsonObject {
  return {
    ...(kind === "no-suitable-model-available" && retryAfterMs !== null ? { retry_after_ms: retryAfterMs } : {}),
    ...(context.details && details !== null ? { gateway: details } : {}),
  };
}

/** What the headers of an error say, for a stream whose headers have left. */
export function streamMembers({ retryAfterMs, details }: Failure): JsonObject {
  return {
    ...(retryAfterMs === null ? {} : { retry_after_ms: retryAfterMs }),
    ...(details === null ? {} : { gateway: details }),
  };
}

/** As in the header `x-ringmain-error`, for protocols that have no codes of their own inside a stream. */
export function codeOfFailure({ kind }: Failure): string {
  return kind.replaceAll("-", "_");
}

/**
 * The official SDKs of OpenAI and Anthropic repeat every 429; `x-should-retry` is their own word for "do not". They wait up
 * to a minute where they are told how long, so a budget that is back by then may be asked again.
 */
export function repeatHeaders({ kind, retryAfterMs }: Failure): Readonly<Record<string, string>> {
  const isFinal = kind === "budget-exceeded" && (retryAfterMs === null || retryAfterMs > REPEAT_MS_MAX);
  return isFinal ? { "x-should-retry": "false" } : {};
}

/** Codes of our own refusals, the same in every protocol that has a place for a code beside the status and the words. */
export const REFUSAL_CODES: ReadonlyMap<FailureKind, string> = new Map([
  ["no-capable-lane", "no_capable_lane"],
  ["constraint-filtered", "constraint_filtered"],
  ["no-eligible-lane", "no_eligible_lane"],
  ["exact-model-unavailable", "exact_model_unavailable"],
  ["no-capable-fallback", "no_capable_fallback"],
  ["no-suitable-model-available", "no_suitable_model_available"],
  ["missing-protocol", "missing_protocol"],
  ["deadline-exceeded", "deadline_exceeded"],
  ["budget-exceeded", "insufficient_quota"],
]);

const REPEAT_MS_MAX = 60_000;

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
  "quota-words",
  "overloaded",
  "server-error",
  "model-missing",
  "upstream-too-large",
  "context-length",
  "rejected",
  "caller-credential",
]);
