/** A complete answer in the IR. */
import type { Extras, IrBlock, Spelling } from "./request.ts";
import type { Usage } from "./usage.ts";

export interface IrResponse {
  readonly sourceProtocol: string;
  /** The vendor's own id; null: none given. */
  readonly id: string | null;
  /** The name the vendor reports; null: none given. Never invented. */
  readonly model: string | null;
  /** Wall clock; null: not said. */
  readonly createdMs: number | null;
  /** One, but for protocols whose requests may ask for several. Ordered by index. */
  readonly choices: readonly IrChoice[];
  readonly usage: Usage | null;
  readonly serviceTier: string | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

export interface IrChoice {
  readonly index: number;
  readonly blocks: readonly IrBlock[];
  readonly finish: IrFinish | null;
  /** The wire's own log probabilities; null: none. */
  readonly logprobs: unknown;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

/** Why the answer ended. `raw` is the vendor's own word; an unknown word reads as `other`. */
export interface IrFinish {
  readonly reason: FinishReason;
  readonly raw: string | null;
  /** The stop text that was met; null: none, or not said. */
  readonly stopSequence: string | null;
}

export const FINISH_REASONS = [
  "stop",
  "stop-sequence",
  "length",
  "tool-calls",
  "content-filter",
  "refusal",
  "pause",
  "context-length",
  "other",
] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];
