/**
 * What the supervisor keeps for all workers: the decisions, in memory and where it is configured on disk. Workers send
 * records; they ask for pages, and those that watch are told of each new decision.
 */
import type { Deployment } from "../ir/deployment.ts";
import type { Decision } from "../observability/decision.ts";
import { createDecisions } from "../observability/decisions.ts";
import type { Sink } from "../observability/sinks.ts";
import type { OwnerAnswer, OwnerQuestion } from "./messages.ts";

export interface Owner {
  readonly sink: Sink;
  /** null: it cannot be read now. Never rejects. */
  answer(question: OwnerQuestion): Promise<OwnerAnswer | null>;
  /** Writes what waits. Never rejects. */
  close(): Promise<void>;
}

export interface OwnerOptions {
  readonly deployment: Deployment;
  readonly onDecision: (decision: Decision) => void;
}

/** null: nothing is kept, so that workers need not tell. */
export function createOwner({ deployment, onDecision }: OwnerOptions): Owner | null {
  if (deployment.adminToken === null) return null;
  const decisions = createDecisions({ ring: deployment.decisionsRing, firstSeq: 1, deployment, onDecision });
  return {
    sink: decisions.sink,
    async answer(question) {
      switch (question.about) {
        case "decisions":
          return { about: "decisions", page: decisions.list(question.query) };
        case "decision":
          return { about: "decision", found: decisions.find(question.id) };
      }
    },
    close: () => Promise.resolve(),
  };
}
