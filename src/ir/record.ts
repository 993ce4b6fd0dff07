/**
 * What one exchange came to: written once, when it ends, however it ends. Log line, metrics, decisions, usage and
 * displays are folds of it, so they cannot disagree. No bodies, no secrets; labels come from the configuration.
 */

import type { AliasWay } from "./deployment.ts";
import type { Operation } from "./facts.ts";
import type { FailureKind } from "./failure.ts";
import type { Loss } from "./loss.ts";
import { sumUsage, type Usage } from "./usage.ts";

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
  /** When the client of a stream was given its headers ahead of the answer, in ms; null: it was not. */
  readonly openedMs: number | null;
  /** Waiting for a free slot, in ms. */
  readonly queuedMs: number;
  /** Protocol id; null: the path belongs to none. */
  readonly ingress: string | null;
  readonly operation: Operation | null;
  /** A configured pool or model, or "unresolved": bounded, fit for a label. */
  readonly target: string;
  /** What the client asked for, at most 120 characters; for the log, never for a label. */
  readonly asked: string | null;
  /** How that name stands for the target; absent: it is its own. */
  readonly alias?: AliasWay;
  readonly stream: boolean;
  /** Label of the caller (never a credential); null: the caller was not identified. */
  readonly caller: string | null;
  readonly status: number;
  readonly outcome: ExchangeOutcome;
  readonly failure: FailureKind | null;
  readonly attempts: readonly AttemptRecord[];
  /** Another lane served than the one that was meant; absent: that one did, or none. */
  readonly switch?: LaneSwitch;
  /** Lanes that could serve when the first one was chosen, best first; at most `RECORD_LANES_MAX`. Where decisions are not kept, two at least. */
  readonly offered: readonly string[];
  /** Why lanes were left out: when the first one was chosen, or at the end where nothing was left. */
  readonly skipped: readonly { readonly lane: string; readonly because: string }[];
  /** What the answer came to by itself; an attempt that came to nothing holds its own. `totalOf` has both. */
  readonly answer: Spending;
  readonly losses: readonly Loss[];
  readonly lossCount: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
}

export interface LaneSwitch {
  /** The lane that has the session, or the one asked first. */
  readonly from: string;
  readonly to: string;
  /** Kind of the failure, or why it was left out. */
  readonly reason: string;
  /** Of the model that served, against the one that was meant. */
  readonly tier: "same" | "up" | "down" | "unknown";
  /** It is not known that the model can do all that the request needs; absent: it is, or nothing rests on it. */
  readonly unverified?: true;
}

/** Tokens and money. */
export interface Spending {
  /** null: nothing was used, or it is unknown. */
  readonly usage: Usage | null;
  /** Some of it was counted by the gateway: the vendor told nothing, or not to the end. */
  readonly usageEstimated: boolean;
  /** null: no price is known. */
  readonly costNanos: number | null;
}

/** The answer's, and what was billed for the attempts it is not from: the caller asked for those too. */
export function totalOf({ answer, attempts }: Pick<ExchangeRecord, "answer" | "attempts">): Spending {
  const billed = attempts.flatMap((attempt) => attempt.billed ?? []);
  if (billed.length === 0) return answer;
  const costs = [answer.costNanos, ...billed.map((part) => part.costNanos)].filter((cost) => cost !== null);
  return {
    usage: sumUsage([...(answer.usage === null ? [] : [answer.usage]), ...billed.map((part) => part.usage)]),
    // Of a part, what else the vendor had begun is unknown.
    usageEstimated: answer.usageEstimated || billed.some((part) => part.isWhole !== true),
    costNanos: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
  };
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
  /** Made by the gateway itself, to judge an answer; absent: for the client's request. */
  readonly isVerdict?: true;
  /** What its answer was graded with, out of 1; absent: it was not. */
  readonly grade?: { readonly score: number; readonly threshold: number; readonly reasons: readonly string[] };
  /** The vendor refused what this names, and was asked once more without it; absent: it was asked once. */
  readonly repair?: string;
  /** What the vendor told of its limits beside this answer; empty: nothing. */
  readonly quotas: readonly QuotaReading[];
  /**
   * What a vendor bills for an attempt whose answer was not delivered; `answer` does not include it. `isWhole`: the
   * vendor told it of a whole answer.
   */
  readonly billed?: { readonly usage: Usage; readonly costNanos: number | null; readonly isWhole?: true };
}

/** Attempts made for the client's request alone. */
export function countTries(attempts: readonly AttemptRecord[]): number {
  let tries = 0;
  for (const { isVerdict } of attempts) if (isVerdict !== true) tries += 1;
  return tries;
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
