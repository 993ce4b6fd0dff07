/** What an evaluator of answers is given, and what it may say. One file each; the table is evaluators.ts. */
import type { Deployment } from "../../ir/deployment.ts";
import type { EvaluatorKind, EvaluatorSettings } from "../../ir/quality.ts";
import type { IrRequest } from "../../ir/request.ts";
import type { IrResponse } from "../../ir/response.ts";
import type { HeldAnswer, VerdictContext } from "../verdict-contract.ts";

/** What is graded. */
export interface Subject {
  /** null: it was relayed, and its reader does not understand it. */
  readonly question: IrRequest | null;
  readonly answer: IrResponse;
  /** What the question is about. */
  readonly task: string;
  /** Who asked whom, and whose answer it is. */
  readonly from: Pick<HeldAnswer, "caller" | "lane" | "target">;
}

/** A score counts from 0 to 1. */
export type Opinion =
  | { readonly kind: "none"; readonly reason?: string }
  /** The answer is unfit, whatever others say of it. */
  | { readonly kind: "unfit"; readonly reason: string }
  /** Takes the place of the score so far. */
  | { readonly kind: "score"; readonly score: number };

export const NO_OPINION: Opinion = { kind: "none" };

/** No promise where it is known at once. */
export type Evaluate<S> = (subject: Subject, settings: S, asking: Asking) => Opinion | Promise<Opinion>;

export interface Asking {
  /** A request of the gateway's own; null: none may be made. */
  readonly ask: VerdictContext["ask"] | null;
  /** From the evaluators before; null: none gave one. */
  readonly score: number | null;
  readonly threshold: number;
  readonly deployment: Pick<Deployment, "targets">;
  /** Random text of that many characters. */
  newId(length: number): string;
}

export type Evaluators = { readonly [K in EvaluatorKind]: Evaluate<Extract<EvaluatorSettings, { readonly kind: K }>> };
