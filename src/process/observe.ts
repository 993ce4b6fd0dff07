/** What `/stats` and `/metrics` of one worker show: its own figures, or those of all when it is one of several. */
import type { Gateway } from "../compose.ts";
import type { DisplayState } from "../displays/display.ts";
import type { LedgerClient } from "../governance/ledger-client.ts";
import { ledgerClientMetrics, ledgerWriterMetrics } from "../observability/ledger-metrics.ts";
import { type MetricsSnapshot, mergeSnapshots } from "../observability/series.ts";
import type { Effects } from "../std/effects.ts";
import { createPending } from "../std/pending.ts";
import { mergeStats } from "./merge-stats.ts";
import type { Figures, FromWorker } from "./messages.ts";

export interface WorkerObserve {
  /** Never reject. */
  stats(): Promise<object>;
  metrics(): Promise<readonly MetricsSnapshot[]>;
  own(): Figures;
  /** The supervisor's answer; empty: it knows of no others. */
  told(id: number, figures: readonly Figures[]): void;
  /** The newest word on displays; `/stats` has none before the first. */
  displays(states: readonly DisplayState[]): void;
}

/** Longer than the supervisor waits for the others. */
const TOLD_MS = 2_000;
/** Questions under way; beyond that the worker shows its own figures. */
const QUESTIONS_MAX = 32;

export function createObserve(options: {
  readonly gateway: Pick<Gateway, "stats" | "metrics">;
  readonly workers: number;
  readonly send: (message: FromWorker) => boolean;
  readonly setTimer: Effects["setTimer"];
  /** This worker's side of the ledger; absent: there are no keys. */
  readonly ledger?: Pick<LedgerClient, "figures" | "writerFigures"> | null;
}): WorkerObserve {
  const { gateway } = options;
  const pending = createPending<readonly Figures[]>({
    openMax: QUESTIONS_MAX,
    timeoutMs: TOLD_MS,
    setTimer: options.setTimer,
  });
  let displays: readonly DisplayState[] = [];
  const ledger = options.ledger ?? null;
  const own = (): Figures => {
    const metrics = gateway.metrics();
    const all = ledger === null ? metrics : mergeSnapshots([metrics, ledgerClientMetrics(ledger.figures())]);
    return { stats: gateway.stats(), metrics: all };
  };

  /** At least one: without an answer in time, this worker's own. */
  const all = (): Promise<readonly Figures[]> => {
    if (options.workers === 1) return Promise.resolve([own()]);
    return pending.ask({
      send: (id) => options.send({ kind: "ask", id }),
      answered: (figures) => (figures.length === 0 ? [own()] : figures),
      unanswered: () => [own()],
    });
  };

  return {
    async stats() {
      const merged = mergeStats((await all()).map((figures) => figures.stats));
      return displays.length === 0 ? merged : { ...merged, displays: displays.map(toStats) };
    },
    async metrics() {
      const [each, writer] = await Promise.all([all(), ledger === null ? null : ledger.writerFigures()]);
      const figures = each.map(({ metrics }) => metrics);
      return ledger === null ? figures : [...figures, ledgerWriterMetrics(writer)];
    },
    own,
    told: (id, figures) => void pending.answer(id, figures),
    displays(states) {
      displays = states;
    },
  };
}

/** In the spelling of the rest of the document. */
function toStats({ name, type, state, detail, shownWallMs, shown, alerts, failures }: DisplayState): object {
  const shownAt = shownWallMs === null ? null : new Date(shownWallMs).toISOString();
  return { name, type, state, detail, shown_at: shownAt, shown, alerts, failures };
}
