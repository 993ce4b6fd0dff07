/** A worker's way to what the supervisor keeps for all: questions with an answer in time, and decisions while a reader watches. */

import type { IdempotencyVerdict, RememberedAnswer } from "../governance/ledger-messages.ts";
import type { KeptReasoning } from "../ir/remembered-reasoning.ts";
import type { KeptOrders, OrderReply, StandingOrder } from "../ir/standing.ts";
import type { Decision } from "../observability/decision.ts";
import type { DecisionPage, DecisionQuery } from "../observability/decisions.ts";
import type { Effects } from "../std/effects.ts";
import { createPending } from "../std/pending.ts";
import type { Figures, FromWorker, OwnerQuestion, QuestionAnswer, SendMessage } from "./messages.ts";

/** null: no answer in time. None rejects. */
export interface SupervisorClient {
  figures(): Promise<readonly Figures[] | null>;
  readonly decisions: {
    list(query: DecisionQuery): Promise<DecisionPage | null>;
    find(id: string): Promise<{ readonly found: Decision | null } | null>;
    watch(onDecision: (decision: Decision) => void): () => void;
  };
  readonly reasoning: {
    keep(kept: readonly KeptReasoning[]): void;
    find(keys: readonly string[]): Promise<readonly KeptReasoning[] | null>;
  };
  readonly named: {
    /** Without an answer in time it runs. */
    recall(key: string, fingerprint: string): Promise<IdempotencyVerdict>;
    remember(key: string, answer: RememberedAnswer | null): void;
  };
  readonly lanes: {
    order(order: StandingOrder): Promise<OrderReply | null>;
    orders(): Promise<readonly KeptOrders[] | null>;
  };
  answered(id: number, answer: QuestionAnswer): void;
  decided(decisions: readonly Decision[]): void;
}

const ANSWER_MS = 5_000;
/** A request waits for this one: without reasoning a model thinks anew, which is no reason to wait longer. */
const REASONING_MS = 20;
const RUNS: IdempotencyVerdict = { kind: "run" };
/** Questions under way; beyond that nothing is asked. */
const QUESTIONS_MAX = 64;

export function createSupervisorClient(options: {
  readonly send: SendMessage<FromWorker>;
  readonly setTimer: Effects["setTimer"];
}): SupervisorClient {
  const { send, setTimer } = options;
  const pending = createPending<QuestionAnswer>({ openMax: QUESTIONS_MAX, timeoutMs: ANSWER_MS, setTimer });
  const pendingReasoning = createPending<QuestionAnswer>({ openMax: QUESTIONS_MAX, timeoutMs: REASONING_MS, setTimer });
  const watchers = new Set<(decision: Decision) => void>();
  const ask = <Result>(
    question: OwnerQuestion,
    answered: (answer: QuestionAnswer) => Result | null,
  ): Promise<Result | null> =>
    pending.ask({ send: (id) => send("question", { id, question }), answered, unanswered: () => null });

  return {
    figures: () =>
      ask({ about: "figures", asked: null }, (answer) => (answer.about === "figures" ? answer.answer : null)),
    decisions: {
      list: (asked) =>
        ask({ about: "decisions", asked }, (answer) => (answer.about === "decisions" ? answer.answer : null)),
      find: (id) =>
        ask({ about: "decision", asked: { id } }, (answer) => (answer.about === "decision" ? answer.answer : null)),
      watch(onDecision) {
        watchers.add(onDecision);
        if (watchers.size === 1) send("decisions", { subscribe: true });
        return () => {
          if (watchers.delete(onDecision) && watchers.size === 0) send("decisions", { subscribe: false });
        };
      },
    },
    lanes: {
      order: (asked) => ask({ about: "order", asked }, (answer) => (answer.about === "order" ? answer.answer : null)),
      orders: () =>
        ask({ about: "orders", asked: null }, (answer) => (answer.about === "orders" ? answer.answer : null)),
    },
    named: {
      recall: (key, fingerprint) =>
        ask({ about: "named", asked: { key, fingerprint } }, (answer) =>
          answer.about === "named" ? answer.answer : null,
        ).then((verdict) => verdict ?? RUNS),
      remember: (key, answer) => void send("named", { key, answer }),
    },
    reasoning: {
      keep: (kept) => void send("reasoning", kept),
      find: (asked) =>
        pendingReasoning.ask({
          send: (id) => send("question", { id, question: { about: "reasoning", asked } }),
          answered: (answer) => (answer.about === "reasoning" ? answer.answer : null),
          unanswered: () => null,
        }),
    },
    // Each counts its own questions, and an answer says what it is about.
    answered: (id, answer) => void (answer.about === "reasoning" ? pendingReasoning : pending).answer(id, answer),
    decided(decisions) {
      for (const decision of decisions) for (const watcher of watchers) watcher(decision);
    },
  };
}
