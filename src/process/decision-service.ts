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
  readonly sink: Sink;
  list(query: DecisionQuery): Promise<DecisionPage>;
  find(id: string): Promise<Decision | null>;
  /** Writes what waits. Never rejects. */
  close(): Promise<void>;
}

export interface DecisionServiceOptions {
  readonly deployment: Deployment;
  readonly onDecision: (decision: Decision) => void;
  readonly say: (level: "warning", line: string) => void;
  readonly effects: Pick<Effects, "wallMs" | "setTimer">;
}

/** Records that come before the store stands. */
const EARLY_MAX = 10_000;

/** null: nothing is kept, so that workers need not tell. */
export function createDecisionService(options: DecisionServiceOptions): DecisionService | null {
  const { adminToken, decisionsStore } = options.deployment;
  if (adminToken === null && decisionsStore === null) return null;
  const opening = decisionsStore === null ? Promise.resolve(null) : openStore(decisionsStore, options);
  return serviceOver(options, opening);
}

function serviceOver(
  { deployment, onDecision }: DecisionServiceOptions,
  opening: Promise<DecisionStore | null>,
): DecisionService {
  const early: ExchangeRecord[] = [];
  let store: DecisionStore | null = null;
  let decisions: Decisions | null = null;
  const ready = opening.then((opened): Decisions => {
    store = opened;
    const made = createDecisions({
      // The ring is read with the token alone, so there is none without it.
      ring: deployment.adminToken === null ? 0 : deployment.decisionsRing,
      firstSeq: opened?.firstSeq ?? 1,
      deployment,
      onDecision(decision) {
        opened?.add(decision);
        onDecision(decision);
      },
    });
    for (const record of early.splice(0)) made.sink.record(record);
    decisions = made;
    return made;
  });

  return {
    sink: {
      name: "decisions",
      record(record) {
        if (decisions !== null) decisions.sink.record(record);
        else if (early.length < EARLY_MAX) early.push(record);
      },
      transition: () => undefined,
    },
    /** Out of memory where the disk cannot be read. */
    async list(query) {
      const made = await ready;
      try {
        return store?.list(query) ?? made.list(query);
      } catch {
        return made.list(query);
      }
    },
    async find(id) {
      const made = await ready;
      try {
        return made.find(id) ?? store?.find(id) ?? null;
      } catch {
        return null;
      }
    },
    async close() {
      await ready;
      store?.close();
    },
  };
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
