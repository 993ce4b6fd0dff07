/**
 * The newest decisions, kept in memory so that "why did this request go there" has an answer minutes later, and asked
 * for in pages. What a page looks like is the same whether it comes from here or from a store.
 */
import type { Deployment } from "../ir/deployment.ts";
import type { ExchangeRecord } from "../ir/record.ts";
import { createRing, type Ring } from "../std/bounded.ts";
import { type Decision, decisionOf } from "./decision.ts";
import type { Sink } from "./sinks.ts";

/** Absent or null: any. */
export interface DecisionFilter {
  readonly target?: string | null;
  /** Tried, at any place. */
  readonly lane?: string | null;
  readonly caller?: string | null;
  readonly outcome?: string | null;
  readonly failure?: string | null;
  readonly served?: string | null;
  /** Milliseconds since 1970, the first one included. */
  readonly sinceMs?: number | null;
  readonly untilMs?: number | null;
}

export interface DecisionQuery extends DecisionFilter {
  /** Older than this one; null: from the newest. */
  readonly before: number | null;
  readonly limit: number;
}

export interface DecisionPage {
  /** Newest first. */
  readonly decisions: readonly Decision[];
  /** For `before`, to go on; null: there is no more. */
  readonly next: number | null;
}

export interface Decisions {
  readonly sink: Sink;
  list(query: DecisionQuery): DecisionPage;
  /** null: never seen, or pushed out by newer ones. */
  find(id: string): Decision | null;
  /** Number of the oldest one held; null: none is. */
  oldest(): number | null;
  /** The newest that find room stay, and numbers go on. */
  reconfigure(next: Pick<DecisionsOptions, "ring" | "firstSeq" | "deployment">): void;
}

interface DecisionsOptions {
  /** 0 keeps nothing. */
  readonly ring: number;
  /** Number of the first one. */
  readonly firstSeq: number;
  readonly deployment: Deployment;
  /** Told of each one, once. */
  readonly onDecision: (decision: Decision) => void;
  /** False: nothing is told of the next one, which is then made when it is looked at. Absent: all are told. */
  readonly isTold?: () => boolean;
}

/** A record in its place, and the decision that is read from it once it is looked at. */
interface Held {
  readonly record: ExchangeRecord;
  /** Under which it was made. */
  readonly deployment: Deployment;
  readonly seq: number;
  decision: Decision | null;
}

function told(held: Held): Decision {
  held.decision ??= decisionOf(held.record, held.deployment, held.seq);
  return held.decision;
}

export function createDecisions(options: DecisionsOptions): Decisions {
  const { onDecision, isTold = always } = options;
  let { deployment } = options;
  let ring = ringOf(options.ring);
  const all = (): readonly Held[] => ring?.list() ?? [];
  let seq = options.firstSeq;
  return {
    reconfigure(next) {
      const kept = all();
      ring = ringOf(next.ring);
      for (const held of kept.toReversed()) ring?.push(held);
      deployment = next.deployment;
      seq = Math.max(seq, next.firstSeq);
    },
    sink: {
      name: "decisions",
      record(record) {
        const held: Held = { record, deployment, seq, decision: null };
        seq += 1;
        ring?.push(held);
        if (isTold()) onDecision(told(held));
      },
      transition: () => undefined,
    },
    list({ before, limit, ...filter }) {
      const found: Decision[] = [];
      for (const held of all()) {
        if (before !== null && held.seq >= before) continue;
        const decision = told(held);
        if (!fitsFilter(decision, filter)) continue;
        // One more than fits tells that there is a next page.
        if (found.length >= limit) return { decisions: found, next: found.at(-1)?.seq ?? null };
        found.push(decision);
      }
      return { decisions: found, next: null };
    },
    // A walk through the ring: looked up by people, so not worth an index on every request.
    find(id) {
      const found = all().find(({ record }) => record.id === id);
      return found === undefined ? null : told(found);
    },
    oldest: () => all().at(-1)?.seq ?? null,
  };
}

const always = (): boolean => true;

function ringOf(max: number): Ring<Held> | null {
  return max === 0 ? null : createRing<Held>(max);
}

export function fitsFilter(decision: Decision, filter: DecisionFilter): boolean {
  const { target, lane, caller, outcome, failure, served, sinceMs, untilMs } = filter;
  const fits = (wanted: string | null | undefined, is: string | null): boolean => wanted == null || wanted === is;
  if (!fits(target, decision.target) || !fits(caller, decision.caller) || !fits(outcome, decision.outcome))
    return false;
  if (!fits(failure, decision.failure) || !fits(served, decision.served)) return false;
  if (lane != null && !decision.attempts.some((attempt) => attempt.lane === lane)) return false;
  if (sinceMs == null && untilMs == null) return true;
  const atMs = Date.parse(decision.occurred_at);
  return (sinceMs == null || atMs >= sinceMs) && (untilMs == null || atMs < untilMs);
}
