/** All that crosses between the supervisor and its workers, as plain data. Secrets cross as references only. */

import type { DisplayState } from "../displays/display.ts";
import type { LedgerMessage, LedgerReply } from "../governance/ledger-messages.ts";
import type { Deployment } from "../ir/deployment.ts";
import type { Decision } from "../observability/decision.ts";
import type { DecisionPage, DecisionQuery } from "../observability/decisions.ts";
import type { ExchangeRecord } from "../observability/record.ts";
import type { MetricsSnapshot } from "../observability/series.ts";
import type { Transition } from "../observability/transition.ts";

/** What one worker is to run. */
export interface Plan {
  /** This worker's share: concurrency caps are divided already. */
  readonly deployment: Deployment;
  /** The port in force, which is not the configured one where that is 0. */
  readonly port: number;
  /** How many workers serve the address together. */
  readonly workers: number;
  /** Records and transitions are wanted by the supervisor. */
  readonly observed: boolean;
  /** What the ledger calls this worker; null: there is none, and nothing is remembered. */
  readonly holder: string | null;
}

/** What one worker shows of itself. */
export interface Figures {
  readonly stats: object;
  readonly metrics: MetricsSnapshot;
}

/** What only the supervisor can tell, because it keeps it for all workers. */
export type OwnerQuestion =
  | { readonly about: "decisions"; readonly query: DecisionQuery }
  | { readonly about: "decision"; readonly id: string };

export type OwnerAnswer =
  | { readonly about: "decisions"; readonly page: DecisionPage }
  | { readonly about: "decision"; readonly found: Decision | null };

/** How a worker ends: the delay is for load balancers to notice, the rest for answers under way. */
export interface Drain {
  readonly delayMs: number;
  /** From the end of the delay. */
  readonly graceMs: number;
}

export type ToWorker =
  | { readonly kind: "deploy"; readonly plan: Plan }
  | ({ readonly kind: "drain" } & Drain)
  /** Ends everything now, with honest errors. */
  | { readonly kind: "stop" }
  /** Wants the worker's figures. */
  | { readonly kind: "ask"; readonly id: number }
  /** The figures of all workers, for a worker that asked. */
  | { readonly kind: "told"; readonly id: number; readonly figures: readonly Figures[] }
  | { readonly kind: "ledger"; readonly reply: LedgerReply }
  /** null: it keeps nothing of the kind, or cannot read it now. */
  | { readonly kind: "owner-told"; readonly id: number; readonly answer: OwnerAnswer | null }
  /** For a worker that watches. */
  | { readonly kind: "decided"; readonly decisions: readonly Decision[] }
  /** How the displays stand, which the supervisor feeds; for `/stats`. */
  | { readonly kind: "displays"; readonly states: readonly DisplayState[] };

export type FromWorker =
  /** Its modules are loaded; it waits for a plan. */
  | { readonly kind: "ready" }
  | { readonly kind: "listening"; readonly port: number }
  /** `code` is the system's word: EADDRINUSE, EACCES … */
  | { readonly kind: "failed-to-listen"; readonly code: string }
  | {
      readonly kind: "observed";
      readonly records: readonly ExchangeRecord[];
      readonly transitions: readonly Transition[];
    }
  | { readonly kind: "figures"; readonly id: number; readonly figures: Figures }
  /** Wants the figures of all workers, itself included. */
  | { readonly kind: "ask"; readonly id: number }
  | { readonly kind: "ledger"; readonly message: LedgerMessage }
  | { readonly kind: "owner-ask"; readonly id: number; readonly question: OwnerQuestion }
  /** Wants to be told of each decision from now on, or no longer. */
  | { readonly kind: "watch"; readonly on: boolean }
  /** It no longer takes connections and will end by itself: another may take its place now. */
  | { readonly kind: "retiring"; readonly because: string };

const TO_WORKER: ReadonlySet<string> = new Set<ToWorker["kind"]>([
  "deploy",
  "drain",
  "stop",
  "ask",
  "told",
  "owner-told",
  "decided",
  "displays",
  "ledger",
]);
const FROM_WORKER: ReadonlySet<string> = new Set<FromWorker["kind"]>([
  "ready",
  "listening",
  "failed-to-listen",
  "observed",
  "figures",
  "ask",
  "ledger",
  "owner-ask",
  "watch",
  "retiring",
]);

/** Both ends are this very program: only that it is one of our messages is looked at, not what is inside. */
export function isToWorker(message: unknown): message is ToWorker {
  return TO_WORKER.has(kindOf(message));
}

export function isFromWorker(message: unknown): message is FromWorker {
  return FROM_WORKER.has(kindOf(message));
}

function kindOf(message: unknown): string {
  const kind = typeof message === "object" && message !== null && "kind" in message ? message.kind : null;
  return typeof kind === "string" ? kind : "";
}
