/** What the parts of one attempt hand to each other: who asks which lane for what, and the request as the lane gets it. */
import type { Door, Lane, Provider, Target } from "../../ir/deployment.ts";
import type { Loss } from "../../ir/loss.ts";
import type { QuotaFact } from "../../ir/quota.ts";
import type { AnswerContext, HiddenUsage, Protocol } from "../../protocols/protocol.ts";
import type { Sent } from "../../upstream/contract.ts";
import type { World } from "../contract.ts";
import type { RecalledReasoning } from "../reasoning-memory.ts";
import type { ClientCall } from "../request/call.ts";

/** The request as the lane gets it. */
export interface Prepared {
  /** In parts that follow each other. */
  readonly body: readonly Uint8Array[];
  readonly contentType: string;
  readonly losses: readonly Loss[];
  readonly hidden: HiddenUsage | null;
  readonly context: AnswerContext;
}

/** What the request for a lane is written from. */
export interface LaneContext {
  readonly world: World;
  readonly call: ClientCall;
  readonly target: Target;
  readonly lane: Lane;
  readonly door: Door;
  /** The door's protocol. */
  readonly egress: Protocol;
  readonly relayed: boolean;
  /** Remembered reasoning of calls that came back without it; absent: none is missing. */
  readonly reasoningBack?: ReasoningBack | undefined;
}

/** Reasoning by key, and who is calling, which is a part of each key. */
export interface ReasoningBack extends RecalledReasoning {
  readonly scope: string;
}

/** What an answer is read and judged with. */
export interface AnswerSource extends LaneContext {
  readonly provider: Provider;
  /** The answer is judged as a whole before any of it may reach the client. */
  readonly holdsWhole: boolean;
}

/** One attempt while it is under way. */
export interface AttemptContext extends AnswerSource {
  /** Longest wait for the first byte, because others could still serve in time; null: the configured one alone. */
  readonly firstByteCapMs: number | null;
  /** Told what the vendor says of its limits, where it says anything and the credential was ours. */
  observeQuota(facts: readonly QuotaFact[]): void;
}

export type UpstreamResponse = Extract<Sent, { kind: "response" }>;
