/**
 * Expected trouble, as a value. One table decides what the client sees, who is blamed, what the breaker is told and
 * whether another lane may be tried (design: "What a failure does"). Thrown errors are bugs.
 */

/** What the failure is evidence about. */
type Scope = "none" | "cell" | "lane" | "account";

/** What it does there. wait: until the hint; hard-out: out until a reset, a pause or a reload; count: into the trip window. */
type Effect = "none" | "count" | "wait" | "hard-out";

interface FailureRule {
  /** What our client sees when this failure is the answer; the upstream's own status wins where it is kept. */
  readonly status: number;
  readonly blame: "client" | "upstream" | "gateway";
  readonly scope: Scope;
  readonly effect: Effect;
  /** next-lane: another may serve; larger-lane: only one with more room; answer: this is the answer. */
  readonly next: "next-lane" | "larger-lane" | "answer";
}

export const FAILURES = {
  // What came back from an upstream, or did not.
  "rate-limited": { status: 429, blame: "upstream", scope: "lane", effect: "wait", next: "next-lane" },
  overloaded: { status: 503, blame: "upstream", scope: "cell", effect: "count", next: "next-lane" },
  "server-error": { status: 502, blame: "upstream", scope: "cell", effect: "count", next: "next-lane" },
  timeout: { status: 504, blame: "upstream", scope: "cell", effect: "count", next: "next-lane" },
  network: { status: 502, blame: "upstream", scope: "cell", effect: "count", next: "next-lane" },
  malformed: { status: 502, blame: "upstream", scope: "cell", effect: "count", next: "next-lane" },
  redirect: { status: 502, blame: "upstream", scope: "cell", effect: "count", next: "next-lane" },
  billing: { status: 402, blame: "upstream", scope: "account", effect: "hard-out", next: "next-lane" },
  // Words of quota that may be the client's own, or stand where a vendor speaks of the request.
  "quota-words": { status: 429, blame: "upstream", scope: "none", effect: "none", next: "next-lane" },
  credential: { status: 401, blame: "gateway", scope: "account", effect: "hard-out", next: "next-lane" },
  "model-missing": { status: 404, blame: "gateway", scope: "lane", effect: "hard-out", next: "next-lane" },
  "wrong-model": { status: 502, blame: "upstream", scope: "none", effect: "none", next: "next-lane" },
  "answer-refused": { status: 502, blame: "gateway", scope: "none", effect: "none", next: "next-lane" },
  "low-quality": { status: 503, blame: "upstream", scope: "none", effect: "none", next: "next-lane" },
  "upstream-too-large": { status: 413, blame: "client", scope: "none", effect: "none", next: "larger-lane" },
  "context-length": { status: 400, blame: "client", scope: "none", effect: "none", next: "larger-lane" },
  rejected: { status: 400, blame: "client", scope: "none", effect: "none", next: "answer" },
  "caller-credential": { status: 401, blame: "client", scope: "none", effect: "none", next: "answer" },

  // The gateway's own refusals.
  "invalid-request": { status: 400, blame: "client", scope: "none", effect: "none", next: "answer" },
  unauthenticated: { status: 401, blame: "client", scope: "none", effect: "none", next: "answer" },
  forbidden: { status: 403, blame: "client", scope: "none", effect: "none", next: "answer" },
  "unknown-route": { status: 404, blame: "client", scope: "none", effect: "none", next: "answer" },
  "unknown-model": { status: 404, blame: "client", scope: "none", effect: "none", next: "answer" },
  "method-not-allowed": { status: 405, blame: "client", scope: "none", effect: "none", next: "answer" },
  "upgrade-refused": { status: 426, blame: "client", scope: "none", effect: "none", next: "answer" },
  "body-timeout": { status: 408, blame: "client", scope: "none", effect: "none", next: "answer" },
  "body-too-large": { status: 413, blame: "client", scope: "none", effect: "none", next: "answer" },
  "bodies-full": { status: 503, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  "unsupported-body": { status: 415, blame: "client", scope: "none", effect: "none", next: "answer" },
  "losses-refused": { status: 400, blame: "client", scope: "none", effect: "none", next: "answer" },
  "no-capable-lane": { status: 400, blame: "client", scope: "none", effect: "none", next: "answer" },
  "constraint-filtered": { status: 400, blame: "client", scope: "none", effect: "none", next: "answer" },
  "budget-exceeded": { status: 429, blame: "client", scope: "none", effect: "none", next: "answer" },
  "limit-exceeded": { status: 429, blame: "client", scope: "none", effect: "none", next: "answer" },
  "idempotency-mismatch": { status: 409, blame: "client", scope: "none", effect: "none", next: "answer" },
  "idempotency-in-progress": { status: 409, blame: "client", scope: "none", effect: "none", next: "answer" },
  "ledger-unavailable": { status: 503, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  "no-eligible-lane": { status: 503, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  "exact-model-unavailable": { status: 503, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  "no-capable-fallback": { status: 503, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  "missing-protocol": { status: 503, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  "no-suitable-model-available": { status: 503, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  "deadline-exceeded": { status: 504, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  "shutting-down": { status: 503, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  internal: { status: 500, blame: "gateway", scope: "none", effect: "none", next: "answer" },
  "client-gone": { status: 499, blame: "client", scope: "none", effect: "none", next: "answer" },
} as const satisfies Record<string, FailureRule>;

export type FailureKind = keyof typeof FAILURES;

export interface Failure {
  readonly kind: FailureKind;
  /** A sentence safe to show to the client, in words of the protocol's world: no secrets, bodies, hosts or stack. */
  readonly message: string;
  /** Wait asked for by the upstream, or until the earliest recovery; null: not said. */
  readonly retryAfterMs: number | null;
  /** What the upstream said; null: the failure is ours, or nothing came. */
  readonly upstream: UpstreamWords | null;
  /** Details for the client's `gateway` object (labels only); null: none. */
  readonly details: GatewayDetails | null;
  /** Path of the client's member that it is about; absent: of none. */
  readonly param?: string;
}

/** The upstream's own words. `body` is relayed to a client of the same protocol, never logged. */
export interface UpstreamWords {
  readonly status: number;
  /** Vendor's code, type and message as parsed; null: not found. The message is bounded to 2,000 characters. */
  readonly code: string | null;
  readonly type: string | null;
  readonly message: string | null;
  /** The whole error body (at most 256 KiB), and its headers by lower-case name; null after the commit. */
  readonly body: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the gateway tells about itself where `errors: {detail: full}`. Labels from the configuration, never secrets. */
export interface GatewayDetails {
  readonly tried: readonly TriedLane[];
  readonly skipped: readonly SkippedLane[];
  /** Milliseconds until the earliest lane recovers by itself; null: none will. */
  readonly recoversInMs: number | null;
  readonly losses: readonly { readonly field: string; readonly how: string; readonly detail: string }[];
}

interface TriedLane {
  readonly lane: string;
  readonly failure: FailureKind;
  readonly status: number | null;
  /** The vendor's own words; null: it said none, or they are about our account. */
  readonly message: string | null;
  readonly durationMs: number;
  readonly recoversInMs: number | null;
}

interface SkippedLane {
  readonly lane: string;
  readonly because: string;
  /** What it cannot do of what the request needs; absent: that is not why. */
  readonly lacks?: readonly string[];
  /** What it would break of what the target promises; absent: nothing. */
  readonly breaks?: readonly string[];
  /** Milliseconds until this lane recovers by itself; null: it will not, or not for this request. */
  readonly recoversInMs: number | null;
}

/** Of trouble with our own account at a provider: the vendor's words for it are not the client's to read. */
export const ACCOUNT_MESSAGES = {
  credential: "The request could not be authenticated with the model's provider.",
  billing: "The account at the model's provider cannot pay for this request.",
} as const satisfies Partial<Record<FailureKind, string>>;

/** A failure of ours with nothing from an upstream. */
export function failure(kind: FailureKind, message: string, retryAfterMs: number | null = null): Failure {
  return { kind, message, retryAfterMs, upstream: null, details: null };
}

/** What a step came to: its value, or the trouble that ended it. */
export type Result<T> = Ok<T> | Failed;

interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

export interface Failed {
  readonly ok: false;
  readonly failure: Failure;
}

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });
export const failed = (failure: Failure): Failed => ({ ok: false, failure });

/** The rule that holds for this very failure: a rate limit without a hint counts like any other blip. */
export function ruleOf(given: Failure): FailureRule {
  if (given.kind === "rate-limited" && given.retryAfterMs === null) {
    return { ...FAILURES["rate-limited"], scope: "cell", effect: "count" };
  }
  return FAILURES[given.kind];
}
