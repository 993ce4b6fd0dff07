/** What one attempt may come to: a whole answer, a stream that is committed, a failure, or a client that left. */
import type { Failure } from "../../ir/failure.ts";
import type { Loss } from "../../ir/loss.ts";
import type { Usage } from "../../ir/usage.ts";
import type { UpstreamBody } from "../../upstream/contract.ts";
import type { Flow } from "./flow.ts";

export type Outcome = AnsweredOutcome | StreamingOutcome | UnansweredOutcome;

export type BegunOutcome = AnsweredOutcome | StreamingOutcome;

export type UnansweredOutcome = FailedOutcome | { readonly kind: "abandoned" };

export interface FailedOutcome {
  readonly kind: "failed";
  readonly failure: Failure;
  readonly status: number | null;
  readonly mayHaveRun: boolean;
  readonly reportedModel: string | null;
  /** Usage of a vendor's work that led to no answer; absent: none is known. */
  readonly billed?: Billing;
  /** A whole answer whose grade is too low; absent: there is none. */
  readonly graded?: BegunOutcome;
}

/** Usage that an attempt is charged with by itself; null: not known. */
export interface Billing {
  readonly usage: Usage | null;
  /** False: a part of what was asked, and more may have been begun. */
  readonly isWhole: boolean;
}

export interface AnsweredOutcome {
  readonly kind: "answered";
  readonly status: number;
  /** Of this answer alone: what the gateway says is put into them. */
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  readonly usage: Usage | null;
  /** Tokens of the answer counted by us, where the vendor told none; absent: not counted. */
  readonly saidTokens?: number;
  readonly reportedModel: string | null;
  readonly losses: readonly Loss[];
}

/** Committed: `held` may go to the client, the rest follows from `body` through `flow`. */
export interface StreamingOutcome {
  readonly kind: "streaming";
  readonly status: number;
  /** Of this answer alone: what the gateway says is put into them. */
  readonly headers: Record<string, string>;
  readonly body: UpstreamBody;
  readonly flow: Flow;
  readonly held: readonly Uint8Array[];
  readonly closed: boolean;
  readonly relayed: boolean;
  readonly losses: readonly Loss[];
}

export function unanswered(
  failure: Failure,
  status: number | null,
  mayHaveRun: boolean,
  reportedModel: string | null = null,
): FailedOutcome {
  return { kind: "failed", failure, status, mayHaveRun, reportedModel };
}
