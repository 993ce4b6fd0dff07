/**
 * All that crosses between the supervisor and its workers, one row a message, as plain data: `to` a worker, `from` one.
 * Both ends are this very program, so only a message's name is looked at. Secrets cross as references only.
 */
import type { DisplayState } from "../displays/display.ts";
import type {
  IdempotencyVerdict,
  LedgerMessage,
  LedgerReply,
  RememberedAnswer,
} from "../governance/ledger-messages.ts";
import type { Deployment } from "../ir/deployment.ts";
import type { ExchangeRecord } from "../ir/record.ts";
import type { KeptReasoning } from "../ir/remembered-reasoning.ts";
import type { KeptOrders, KeptStanding, OrderReply, StandingOrder } from "../ir/standing.ts";
import type { Decision } from "../observability/decision.ts";
import type { DecisionPage, DecisionQuery } from "../observability/decisions.ts";
import type { MetricsSnapshot } from "../observability/series.ts";
import type { StatsDocument } from "../observability/stats.ts";
import type { Transition } from "../observability/transition.ts";
import type { StandingChange } from "./standing-service.ts";

interface Messages {
  /** Its modules are loaded; it waits for a plan. */
  readonly ready: { readonly from: null };
  readonly deploy: { readonly to: Plan };
  /** For one that serves: what runs ends with the plan it began with, and new requests are served by this one. */
  readonly reconfigure: { readonly to: Plan };
  /** The port in force. */
  readonly listening: { readonly from: { readonly port: number } };
  /** `code` is the system's word: EADDRINUSE, EACCES … */
  readonly "failed-to-listen": { readonly from: { readonly code: string } };
  readonly drain: { readonly to: Drain };
  /** Ends everything now, with honest errors. */
  readonly stop: { readonly to: null };
  /** It takes no more connections and will end by itself: another may take its place now. */
  readonly retiring: { readonly from: { readonly because: string } };
  readonly observed: { readonly to: Observing; readonly from: Observed };
  /** The figures of one worker, asked for and told. */
  readonly figures: {
    readonly to: { readonly id: number };
    readonly from: { readonly id: number; readonly figures: Figures };
  };
  readonly ledger: { readonly to: LedgerReply; readonly from: LedgerMessage };
  /** What a worker remembers, for the others. Text of models: it is never logged. */
  readonly reasoning: { readonly from: readonly KeptReasoning[] };
  /** The answer to a request that names itself; null: there is none to keep. Text of models: it is never logged. */
  readonly named: { readonly from: { readonly key: string; readonly answer: RememberedAnswer | null } };
  /** How lanes stand, for a later start; and what the operator puts back. */
  readonly standing: { readonly to: { readonly reset: readonly string[] }; readonly from: StandingChange };
  readonly question: {
    readonly to: { readonly id: number; readonly answer: QuestionAnswer };
    readonly from: { readonly id: number; readonly question: OwnerQuestion };
  };
  /** Each new decision, while the worker subscribes to them. */
  readonly decisions: { readonly to: readonly Decision[]; readonly from: { readonly subscribe: boolean } };
  /** How the displays are, which the supervisor feeds; for `/stats`. */
  readonly displays: { readonly to: readonly DisplayState[] };
}

/** What only the supervisor can tell, because it keeps it for all workers: one row a question. */
export interface Questions {
  /** Of every worker that answered in time, the asking one included. */
  readonly figures: { readonly asked: null; readonly answer: readonly Figures[] };
  /** What is known of these keys. */
  readonly reasoning: { readonly asked: readonly string[]; readonly answer: readonly KeptReasoning[] };
  /** What becomes of a request that names itself, where nothing is configured for them. */
  readonly named: {
    readonly asked: { readonly key: string; readonly fingerprint: string };
    readonly answer: IdempotencyVerdict;
  };
  /** null: none are kept, or they cannot be read now. */
  readonly decisions: { readonly asked: DecisionQuery; readonly answer: DecisionPage | null };
  /** Answered once every worker that serves goes by it. */
  readonly order: { readonly asked: StandingOrder; readonly answer: OrderReply };
  readonly orders: { readonly asked: null; readonly answer: readonly KeptOrders[] };
  readonly decision: {
    readonly asked: { readonly id: string };
    readonly answer: { readonly found: Decision | null } | null;
  };
}

export type QuestionName = keyof Questions;

export type OwnerQuestion<N extends QuestionName = QuestionName> = {
  readonly [Q in N]: { readonly about: Q; readonly asked: Questions[Q]["asked"] };
}[N];
export type QuestionAnswer<N extends QuestionName = QuestionName> = {
  readonly [Q in N]: { readonly about: Q; readonly answer: Questions[Q]["answer"] };
}[N];

/** What one worker is to run. */
export interface Plan {
  /** This worker's share: concurrency caps are divided already. */
  readonly deployment: Deployment;
  /** The port in force, which is not the configured one where that is 0. */
  readonly port: number;
  /** How many workers serve the address together. */
  readonly workers: number;
  readonly observed: Observing;
  /** What stood against lanes before; null: it is not kept. */
  readonly standing: KeptStanding | null;
  /** The worker's name in the ledger; null: there is no ledger. */
  readonly holder: string | null;
}

/**
 * Whether the supervisor wants records and transitions. asked: only the newest records, and those when it asks for figures,
 * which is what a reader of decisions waits for. soon: all of them, within moments.
 */
export type Observing = "none" | "asked" | "soon";

interface Observed {
  readonly records: readonly ExchangeRecord[];
  readonly transitions: readonly Transition[];
}

/** What one worker shows of itself. */
export interface Figures {
  readonly stats: StatsDocument;
  readonly metrics: MetricsSnapshot;
}

/** How a worker ends: the delay is for load balancers to notice, the rest for answers under way. */
export interface Drain {
  readonly delayMs: number;
  /** From the end of the delay. */
  readonly graceMs: number;
}

// ---------------------------------------------------------------- ways

/** Bodies by name. */
export type ToWorker = {
  readonly [N in keyof Messages as Messages[N] extends { readonly to: unknown } ? N : never]: Messages[N] extends {
    readonly to: infer Body;
  }
    ? Body
    : never;
};
export type FromWorker = {
  readonly [N in keyof Messages as Messages[N] extends { readonly from: unknown } ? N : never]: Messages[N] extends {
    readonly from: infer Body;
  }
    ? Body
    : never;
};

export type ProcessMessage<Way, N extends keyof Way = keyof Way> = {
  readonly [Name in N]: { readonly kind: Name; readonly body: Way[Name] };
}[N];

/** False: the other side is gone. */
export type SendMessage<Way> = <N extends keyof Way>(kind: N, body: Way[N]) => boolean;

export type MessageHandlers<Way> = { readonly [N in keyof Way]: (body: Way[N]) => void };

/** Calls the handler of a message; anything else is ignored. */
export function deliver<Way>(handlers: MessageHandlers<Way>, message: unknown): void {
  if (isMessage(handlers, message)) handle(handlers, message);
}

function handle<Way, N extends keyof Way>(handlers: MessageHandlers<Way>, message: ProcessMessage<Way, N>): void {
  handlers[message.kind](message.body);
}

function isMessage<Way>(handlers: MessageHandlers<Way>, message: unknown): message is ProcessMessage<Way> {
  if (typeof message !== "object" || message === null || !("kind" in message) || !("body" in message)) return false;
  return typeof message.kind === "string" && Object.hasOwn(handlers, message.kind);
}
