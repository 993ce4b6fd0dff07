/**
 * What one exchange came to: written once, when it ends, however it ends. Log line, metrics, decisions, usage and
 * displays are folds of it, so they cannot disagree. No bodies, no secrets; labels come from the configuration.
 */

import type { Operation } from "../ir/facts.ts";
import type { FailureKind } from "../ir/failure.ts";
import type { Loss } from "../ir/loss.ts";
import type { Usage } from "../ir/usage.ts";

/** answered: to its end. cut: broke after the commit. failed: an upstream's failure was the answer. refused: by the gateway. */
export type ExchangeOutcome = "answered" | "cut" | "failed" | "refused" | "client-gone";

/** Losses kept on a record; more are only counted. */
export const RECORD_LOSSES_MAX = 64;
/** Lanes kept of those that could serve, and of those that were left out. */
export const RECORD_LANES_MAX = 64;

export interface ExchangeRecord {
  readonly id: string;
  readonly startedWallMs: number;
  /** From the request's head to the last byte, in ms. */
  readonly durationMs: number;
  /** To the commit, in ms; null: nothing was committed. */
  readonly firstByteMs: number | null;
  /** Waiting for a free slot, in ms. */
  readonly queuedMs: number;
  /** Protocol id; null: the path belongs to none. */
  readonly ingress: string | null;
  readonly operation: Operation | null;
  /** A configured pool or model, or "unresolved": bounded, fit for a label. */
  readonly target: string;
  /** What the client asked for, at most 120 characters; for the log, never for a label. */
  readonly asked: string | null;
  readonly stream: boolean;
  /** Label of the caller (never a credential); null: nobody was identified. */
  readonly caller: string | null;
  readonly status: number;
  readonly outcome: ExchangeOutcome;
  readonly failure: FailureKind | null;
  readonly attempts: readonly AttemptRecord[];
  /** Lanes that could serve when the first one was chosen, best first; at most `RECORD_LANES_MAX`. */
  readonly offered: readonly string[];
  /** Why lanes were left out: when the first one was chosen, or at the end where nothing was left. */
  readonly skipped: readonly { readonly lane: string; readonly because: string }[];
  readonly usage: Usage | null;
  readonly usageEstimated: boolean;
  /** null: no price is known. */
  readonly costNanos: number | null;
  readonly losses: readonly Loss[];
  readonly lossCount: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
}

export interface AttemptRecord {
  readonly lane: string;
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  readonly upstreamModel: string;
  readonly egress: string;
  readonly way: "relay" | "translate";
  /** ambiguous: bytes were sent, nothing usable came back, another lane served; the vendor may have worked and billed. */
  readonly outcome: "answered" | "cut" | "abandoned" | FailureKind;
  readonly ambiguous: boolean;
  readonly status: number | null;
  /** Offset from the exchange's start, ms. */
  readonly startedMs: number;
  readonly firstByteMs: number | null;
  readonly durationMs: number;
  readonly retryAfterMs: number | null;
  /** Model the vendor reported; null: it did not. */
  readonly reportedModel: string | null;
  /** What the vendor told of its limits beside this answer; empty: nothing. */
  readonly quotas: readonly QuotaReading[];
}

export interface QuotaReading {
  /** `req`, `tok`, `5h`: what is limited. */
  readonly window: string;
  /** Whose limit it is: of this model at this account, or of the whole account. */
  readonly scope: "lane" | "account";
  /** 0 to 1. */
  readonly leftShare: number;
  /** When it is whole again; null: not said. */
  readonly resetsWallMs: number | null;
}
