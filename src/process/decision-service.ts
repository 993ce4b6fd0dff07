/**
 * The decisions, which the supervisor keeps for all workers: in memory, and where it is configured on disk. Workers send
 * records; they ask for pages, and subscribers are told of each new decision.
 */
import { closeSync, openSync } from "node:fs";
import type { Deployment } from "../ir/deployment.ts";
import type { ExchangeRecord } from "../ir/record.ts";
import type { Decision } from "../observability/decision.ts";
import { createDecisions, type DecisionPage, type DecisionQuery, type Decisions } from "../observability/decisions.ts";
import type { Sink } from "../observability/sinks.ts";
import type { DecisionStore } from "../observability/stores/sqlite.ts";
import type { Effects } from "../std/effects.ts";

export interface DecisionService {
  /** False: there is nothing to keep them for, so workers need not tell. */
  isKeeping(): boolean;
  /** On disk too, so that each is wanted as it comes. */
  isStored(): boolean;
  readonly sink: Sink;
  /** null: none are kept. */
  list(query: DecisionQuery): Promise<DecisionPage | null>;
  find(id: string): Promise<{ readonly found: Decision | null } | null>;
  /** Decisions that are kept stay, as far as they find room. */
  reconfigure(deployment: Deployment): void;
  /** Writes what waits. Never rejects. */
  close(): Promise<void>;
}

interface DecisionServiceOptions {
  readonly deployment: Deployment;
  readonly onDecision: (decision: Decision) => void;
  /** Whether `onDecision` has anything to do with the next one. */
  readonly isAwaited: () => boolean;
  readonly say: (level: "warning", line: string) => void;
  readonly effects: Pick<Effects, "wallMs" | "setTimer">;
}

/** Records that come before the store stands; more are lost. */
const EARLY_MAX = 10_000;
/** Records of several workers, each in its own order, are put into one order before they are numbered: so many at a time. */
const FRESH_MAX = 1_000;

export function createDecisionService(options: DecisionServiceOptions): DecisionService {
  /** Not numbered yet. */
  const fresh: ExchangeRecord[] = [];
  let { deployment } = options;
  let store: DecisionStore | null = null;
  let decisions: Decisions | null = null;
  const isKeeping = (): boolean => deployment.adminToken !== null || deployment.decisionsStore !== null;

  const openFor = async (next: Deployment): Promise<void> => {
    if (next.decisionsStore !== null && store === null) store = await openStore(next.decisionsStore, options);
    // The ring is read with the token alone, so there is none without it.
    const ring = next.adminToken === null ? 0 : next.decisionsRing;
    const place = { ring, firstSeq: store?.firstSeq ?? 1, deployment: next };
    if (decisions === null) decisions = createDecisions({ ...place, onDecision, isTold });
    else {
      settle();
      decisions.reconfigure(place);
    }
    settle();
  };
  const settle = (): void => {
    if (decisions === null || fresh.length === 0) return;
    for (const record of fresh.splice(0).toSorted(byEnd)) decisions.sink.record(record);
  };
  const onDecision = (decision: Decision): void => {
    store?.add(decision);
    options.onDecision(decision);
  };
  const isTold = (): boolean => store !== null || options.isAwaited();
  const closeStore = (): void => {
    const closing = store;
    store = null;
    closing?.close();
  };
  let ready = isKeeping() ? openFor(deployment) : Promise.resolve();

  return {
    isKeeping,
    isStored: () => deployment.decisionsStore !== null,
    sink: {
      name: "decisions",
      record(record) {
        if (fresh.length < EARLY_MAX) fresh.push(record);
        if (fresh.length >= FRESH_MAX || isTold()) settle();
      },
      transition: () => undefined,
    },
    async list(query) {
      await ready;
      settle();
      // Out of memory where the disk cannot be read.
      try {
        return store?.list(query) ?? decisions?.list(query) ?? null;
      } catch {
        return decisions?.list(query) ?? null;
      }
    },
    async find(id) {
      await ready;
      settle();
      if (decisions === null) return null;
      try {
        return { found: decisions.find(id) ?? store?.find(id) ?? null };
      } catch {
        return { found: null };
      }
    },
    reconfigure(next) {
      const isSameStore = JSON.stringify(deployment.decisionsStore) === JSON.stringify(next.decisionsStore);
      deployment = next;
      ready = ready.then(async () => {
        if (!isSameStore) closeStore();
        if (isKeeping() || decisions !== null) await openFor(next);
      });
    },
    async close() {
      await ready;
      settle();
      closeStore();
    },
  };
}

function byEnd(one: ExchangeRecord, other: ExchangeRecord): number {
  return one.startedWallMs + one.durationMs - (other.startedWallMs + other.durationMs);
}

/** null: it cannot be opened, which the operator is told; decisions are then kept in memory. */
async function openStore(
  { path, keepDays }: NonNullable<Deployment["decisionsStore"]>,
  { say, effects: { wallMs, setTimer } }: DecisionServiceOptions,
): Promise<DecisionStore | null> {
  try {
    // Made by us, so that no other user may read who asked for what.
    closeSync(openSync(path, "a", 0o600));
    const { openDecisionStore } = await import("../observability/stores/sqlite.ts");
    const onTrouble = (sentence: string): void => say("warning", sentence);
    return openDecisionStore({ path, keepDays, wallMs, setTimer, onTrouble });
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown error";
    say("warning", `The decisions cannot be kept in ${path} (${why}); they are kept in memory.`);
    return null;
  }
}
