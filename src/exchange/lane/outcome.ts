/** What one attempt may come to, and what its parts hand to each other. */
import type { Lane, Provider, Target } from "../../ir/deployment.ts";
import type { Failure } from "../../ir/failure.ts";
import type { Loss } from "../../ir/loss.ts";
import type { QuotaFact } from "../../ir/quota.ts";
import type { Usage } from "../../ir/usage.ts";
import type { AnswerContext, HiddenUsage, Protocol } from "../../protocols/protocol.ts";
import type { Sent, UpstreamBody } from "../../upstream/send.ts";
import type { Flow } from "../answer/flow.ts";
import type { World } from "../contract.ts";
import type { Call } from "../request/call.ts";

export type Outcome = AnsweredOutcome | StreamingOutcome | UnansweredOutcome;

export type UnansweredOutcome =
  | {
      readonly kind: "failed";
      readonly failure: Failure;
      readonly status: number | null;
      readonly mayHaveRun: boolean;
      readonly reportedModel: string | null;
      /** What a vendor that is asked in several calls has done of them; null or absent: nothing that is known. */
      readonly billed?: Usage | null;
    }
  | { readonly kind: "abandoned" };

export interface AnsweredOutcome {
  readonly kind: "answered";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly usage: Usage | null;
  readonly reportedModel: string | null;
  readonly losses: readonly Loss[];
}

/** Committed: `held` may go to the client, the rest follows from `body` through `flow`. */
export interface StreamingOutcome {
  readonly kind: "streaming";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: UpstreamBody;
  readonly flow: Flow;
  readonly held: readonly Uint8Array[];
  readonly closed: boolean;
  readonly relayed: boolean;
  readonly losses: readonly Loss[];
}

/** The request as the lane gets it. */
export interface Prepared {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly losses: readonly Loss[];
  readonly hidden: HiddenUsage | null;
  readonly context: AnswerContext;
}

/** What the request for a lane is written from. */
export interface Writing {
  readonly world: World;
  readonly call: Call;
  readonly lane: Lane;
  readonly egress: Protocol;
  readonly relayed: boolean;
}

export interface Side extends Writing {
  readonly target: Target;
  readonly provider: Provider;
  /** Longest wait for the first byte, because others could still serve in time; null: the configured one alone. */
  readonly firstByteCapMs: number | null;
  /** Told what the vendor says of its limits, where it says anything and the credential was ours. */
  readonly observeQuota: (facts: readonly QuotaFact[]) => void;
}

export type Response = Extract<Sent, { kind: "response" }>;

export function failed(
  failure: Failure,
  status: number | null,
  mayHaveRun: boolean,
  reportedModel: string | null = null,
): Extract<UnansweredOutcome, { kind: "failed" }> {
  return { kind: "failed", failure, status, mayHaveRun, reportedModel };
}

export { MALFORMED } from "../answer/classify.ts";
