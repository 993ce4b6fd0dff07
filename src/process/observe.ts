/** What `/stats` and `/metrics` of one worker show: its own figures, or those of all when it is one of several. */
import type { Gateway } from "../compose.ts";
import type { DisplayState } from "../displays/display.ts";
import type { LedgerClient } from "../governance/ledger-client.ts";
import { ledgerClientMetrics, ledgerWriterMetrics } from "../observability/ledger-metrics.ts";
import { mergeStats } from "../observability/merge-stats.ts";
import { type MetricsSnapshot, mergeSnapshots } from "../observability/series.ts";
import type { Figures } from "./messages.ts";

export interface WorkerObserve {
  /** Never reject. */
  stats(): Promise<object>;
  metrics(): Promise<readonly MetricsSnapshot[]>;
  own(): Figures;
  /** Shows this one's figures from now on. */
  reconfigure(gateway: Pick<Gateway, "stats" | "metrics">): void;
  /** The newest states of the displays; `/stats` has none before the first. */
  displays(states: readonly DisplayState[]): void;
}

export function createObserve(options: {
  readonly gateway: Pick<Gateway, "stats" | "metrics">;
  /** Of all workers; null: there are no others. Empty or a null answer: the supervisor knows of none now. */
  readonly all: (() => Promise<readonly Figures[] | null>) | null;
  /** This worker's side of the ledger; absent: there are no keys. */
  readonly ledger?: Pick<LedgerClient, "figures" | "writerFigures"> | null;
}): WorkerObserve {
  let { gateway } = options;
  let displays: readonly DisplayState[] = [];
  const ledger = options.ledger ?? null;
  const own = (): Figures => {
    const metrics = gateway.metrics();
    const all = ledger === null ? metrics : mergeSnapshots([metrics, ledgerClientMetrics(ledger.figures())]);
    return { stats: gateway.stats(), metrics: all };
  };
  const all = async (): Promise<readonly [Figures, ...Figures[]]> => {
    const [first, ...others] = (await options.all?.()) ?? [];
    return first === undefined ? [own()] : [first, ...others];
  };

  return {
    async stats() {
      const [first, ...others] = await all();
      const merged = others.reduce((stats, other) => mergeStats(stats, other.stats), first.stats);
      return displays.length === 0 ? merged : { ...merged, displays: displays.map(toStats) };
    },
    async metrics() {
      const [each, writer] = await Promise.all([all(), ledger === null ? null : ledger.writerFigures()]);
      const figures = each.map(({ metrics }) => metrics);
      return ledger === null ? figures : [...figures, ledgerWriterMetrics(writer)];
    },
    own,
    reconfigure(next) {
      gateway = next;
    },
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
