/**
 * Observability: what an exchange came to, folded into metrics, log, decisions and statistics.
 * It never decides anything, never holds a body or a secret, and never makes a request wait.
 */
export type { Decision } from "./decision.ts";
export {
  createDecisions,
  type DecisionFilter,
  type DecisionPage,
  type DecisionQuery,
  type Decisions,
  fitsFilter,
} from "./decisions.ts";
export type { Gauges, LedgerFigures } from "./gauges.ts";
export { keeperMetrics, spenderMetrics } from "./ledger-metrics.ts";
export { createLog, type Log, type LogFields, type LogLevel, type LogOptions } from "./log.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
export { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from "./prometheus.ts";
export type { AttemptRecord, ExchangeOutcome, ExchangeRecord } from "./record.ts";
export { RECORD_LOSSES_MAX } from "./record.ts";
export { type MetricsSnapshot, mergeSnapshots, withoutGauges } from "./series.ts";
export { createSinks, type Sink, type Sinks } from "./sinks.ts";
export { type CellFacts, createTotals, type LaneFacts, type StatsInput, statsDocument, type Totals } from "./stats.ts";
export type { Transition } from "./transition.ts";
