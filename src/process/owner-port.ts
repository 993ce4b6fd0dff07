/** A worker's way to what the supervisor keeps for all of them: questions with an answer in time, and news while somebody watches. */
import type { Decision } from "../observability/decision.ts";
import type { DecisionPage, DecisionQuery } from "../observability/decisions.ts";
import type { Effects } from "../std/effects.ts";
import { createPending } from "../std/pending.ts";
import type { FromWorker, OwnerAnswer, OwnerQuestion, ToWorker } from "./messages.ts";

export interface OwnerPort {
  /** null: no answer in time, or none at all. Never rejects. */
  ask(question: OwnerQuestion): Promise<OwnerAnswer | null>;
  readonly decisions: {
    list(query: DecisionQuery): Promise<DecisionPage | null>;
    find(id: string): Promise<{ readonly found: Decision | null } | null>;
    watch(onDecision: (decision: Decision) => void): () => void;
  };
  told(message: Extract<ToWorker, { kind: "owner-told" | "decided" }>): void;
}

const ANSWER_MS = 5_000;
/** Questions under way; beyond that nothing is asked. */
const QUESTIONS_MAX = 64;

export function createOwnerPort(options: {
  readonly send: (message: FromWorker) => boolean;
  readonly setTimer: Effects["setTimer"];
}): OwnerPort {
  const { send, setTimer } = options;
  const pending = createPending<OwnerAnswer | null>({ openMax: QUESTIONS_MAX, timeoutMs: ANSWER_MS, setTimer });
  const watchers = new Set<(decision: Decision) => void>();

  const ask: OwnerPort["ask"] = (question) =>
    pending.ask({
      send: (id) => send({ kind: "owner-ask", id, question }),
      answered: (answer) => answer,
      unanswered: () => null,
    });

  return {
    ask,
    decisions: {
      async list(query) {
        const answer = await ask({ about: "decisions", query });
        return answer?.about === "decisions" ? answer.page : null;
      },
      async find(id) {
        const answer = await ask({ about: "decision", id });
        return answer?.about === "decision" ? { found: answer.found } : null;
      },
      watch(onDecision) {
        watchers.add(onDecision);
        if (watchers.size === 1) send({ kind: "watch", on: true });
        return () => {
          if (watchers.delete(onDecision) && watchers.size === 0) send({ kind: "watch", on: false });
        };
      },
    },
    told(message) {
      if (message.kind === "owner-told") {
        pending.answer(message.id, message.answer);
        return;
      }
      for (const decision of message.decisions) for (const watcher of watchers) watcher(decision);
    },
  };
}
