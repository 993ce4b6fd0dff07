/** The fold of records and transitions into the metrics table. Every label value is admitted against a known set first. */

import type { Deployment } from "../ir/deployment.ts";
import { isBilled } from "../ir/facts.ts";
import { FAILURES, type FailureKind } from "../ir/failure.ts";
import { kindOfLoss } from "../ir/loss.ts";
import { isPassing } from "../ir/quality.ts";
import type { AttemptRecord, ExchangeRecord } from "../ir/record.ts";
import type { Usage } from "../ir/usage.ts";
import type { Gauges } from "./gauges.ts";
import { createSeries, type MetricsSnapshot, type Series } from "./series.ts";
import type { Sink } from "./sinks.ts";
import type { Transition } from "./transition.ts";

export interface Metrics {
  readonly sink: Sink;
  /** `outcome`: ok, or a kind of failure. */
  probe(probed: { readonly lane: string; readonly outcome: "ok" | FailureKind }): void;
  /** With the gauges of this very moment. Plain data. */
  snapshot(): MetricsSnapshot;
  readonly series: Series;
}

/**
 * `gauges` is asked at every snapshot; null: nothing but what was counted is shown. `before`: goes on from what another
 * deployment's metrics have counted, and counts together with them.
 */
export function createMetrics(
  deployment: Deployment,
  gauges: (() => Gauges) | null = null,
  before: Metrics | null = null,
): Metrics {
  const series = before?.series ?? createSeries();
  const labels = createLabels(deployment);
  return {
    series,
    sink: {
      name: "metrics",
      record: (record) => foldRecord(series, labels, record),
      transition: (transition) => foldTransition(series, labels, transition),
    },
    probe: ({ lane, outcome }) =>
      series.add("ringmain_probes_total", [labels.lane(lane), outcome === "ok" ? "ok" : failureLabel(outcome)]),
    snapshot() {
      // Gauges are built anew each time, so that a lane or a state that is gone leaves no stale figure behind.
      const present = createSeries();
      present.set("ringmain_config_info", [deployment.revision], 1);
      if (gauges !== null) foldGauges(present, labels, gauges());
      const counted = series.snapshot();
      const now = present.snapshot();
      return { ...counted, gauges: now.gauges, counters: { ...counted.counters, ...now.counters } };
    },
  };
}

function foldRecord(series: Series, labels: Labels, record: ExchangeRecord): void {
  const pool = labels.target(record.target);
  const ingress = record.ingress === null ? NONE : labels.word(record.ingress);
  series.add("ringmain_requests_total", [ingress, pool, requestOutcome(record)]);
  if (record.operation !== null) {
    series.add("ringmain_operations_total", [record.operation, pool, requestOutcome(record)]);
  }
  series.observe("ringmain_request_duration_seconds", [ingress, pool], record.durationMs / 1000);
  if (record.firstByteMs !== null) {
    series.observe("ringmain_time_to_first_byte_seconds", [ingress, pool], record.firstByteMs / 1000);
  }
  if (record.queuedMs > 0) series.observe("ringmain_queue_wait_seconds", [pool], record.queuedMs / 1000);
  if (record.outcome === "refused") series.add("ringmain_refused_total", [failureLabel(record.failure)]);
  if (record.outcome === "client-gone") series.add("ringmain_client_gone_total", [pool]);
  for (const [index, attempt] of record.attempts.entries()) {
    foldAttempt(series, { attempt, pool, ingress, labels, isLast: index === record.attempts.length - 1 });
  }
  if (record.switch !== undefined) {
    const { from, to, reason } = record.switch;
    series.add("ringmain_switches_total", [labels.lane(from), labels.lane(to), labels.word(reason)]);
  }
  const last = record.attempts.at(-1);
  if (last === undefined) return;
  const lane = labels.lane(last.lane);
  // What other attempts were billed stands under their own lanes.
  foldTokens(series, record.answer.usage, [pool, lane]);
  foldCost(series, { record, pool, lane });
  foldLosses(series, { record, from: ingress, to: labels.word(last.egress) });
}

function foldAttempt(
  series: Series,
  input: { attempt: AttemptRecord; pool: string; ingress: string; labels: Labels; isLast: boolean },
): void {
  const { attempt, pool, ingress, labels } = input;
  const lane = labels.lane(attempt.lane);
  series.add("ringmain_upstream_attempts_total", [pool, lane]);
  series.observe("ringmain_upstream_duration_seconds", [lane], attempt.durationMs / 1000);
  if (attempt.grade !== undefined) foldGrade(series, attempt, [pool, lane]);
  if (attempt.ambiguous) series.add("ringmain_ambiguous_attempts_total", [lane]);
  if (attempt.way === "translate") series.add("ringmain_translations_total", [ingress, labels.word(attempt.egress)]);
  if (attempt.outcome !== "answered" && attempt.outcome !== "abandoned") {
    const kind = attempt.outcome === "cut" ? "cut" : failureLabel(attempt.outcome);
    series.add("ringmain_upstream_failure_kinds_total", [lane, kind]);
    series.add("ringmain_upstream_failures_total", [pool, lane, dispositionOf(attempt.outcome)]);
  }
  if (attempt.billed !== undefined) {
    foldTokens(series, attempt.billed.usage, [pool, lane]);
    if (attempt.billed.costNanos !== null)
      series.add("ringmain_cost_usd_total", [pool, lane], attempt.billed.costNanos);
  }
  if (!input.isLast && attempt.isVerdict !== true)
    series.add("ringmain_failovers_total", [pool, failoverReason(attempt.outcome)]);
}

function foldGrade(series: Series, attempt: AttemptRecord, [pool, lane]: readonly [string, string]): void {
  const { grade, outcome } = attempt;
  if (grade === undefined) return;
  series.observe("ringmain_quality_score", [pool, lane], grade.score);
  const isServed = outcome === "answered" || outcome === "cut" || outcome === "abandoned";
  const became = isPassing(grade) ? "passed" : isServed ? "degraded" : "rejected";
  series.add("ringmain_quality_answers_total", [pool, lane, became]);
}

function foldTokens(series: Series, usage: Usage | null, [pool, lane]: readonly [string, string]): void {
  if (usage === null) return;
  const add = (kind: string, tokens: number): void => {
    if (tokens > 0) series.add("ringmain_tokens_total", [pool, lane, kind], tokens);
  };
  // Disjoint, so that their sum is the total: reasoning is taken out of the output it is a part of.
  const output = usage.outputTokens ?? 0;
  const reasoning = Math.min(usage.reasoningTokens ?? 0, output);
  add("fresh_input", usage.freshInputTokens ?? 0);
  add("cache_read", usage.cacheReadTokens ?? 0);
  add("cache_write", usage.cacheWriteTokens ?? 0);
  add("cache_write_1h", usage.cacheWrite1hTokens ?? 0);
  add("output", output - reasoning);
  add("reasoning", reasoning);
}

function foldCost(
  series: Series,
  { record, pool, lane }: { record: ExchangeRecord; pool: string; lane: string },
): void {
  const { costNanos } = record.answer;
  if (costNanos !== null) {
    series.add("ringmain_cost_usd_total", [pool, lane], costNanos);
  } else if (isBilled(record.operation) && (record.outcome === "answered" || record.outcome === "cut")) {
    series.add("ringmain_unpriced_requests_total", [pool, lane]);
  }
}

function foldLosses(series: Series, { record, from, to }: { record: ExchangeRecord; from: string; to: string }): void {
  for (const loss of record.losses) series.add("ringmain_losses_total", [from, to, loss.how, kindOfLoss(loss)]);
  const unlisted = record.lossCount - record.losses.length;
  if (unlisted > 0) series.add("ringmain_losses_total", [from, to, "unlisted", "unlisted"], unlisted);
}

function foldTransition(series: Series, labels: Labels, transition: Transition): void {
  const lane = labels.lane(transition.lane);
  series.add("ringmain_lane_transitions_total", [lane, labels.word(transition.to)]);
  if (OUT_LABELS.has(transition.to) && Object.hasOwn(FAILURES, transition.because)) {
    const pool = transition.target === null ? EVERY_POOL : labels.target(transition.target);
    series.add("ringmain_breaker_trips_total", [pool, lane]);
  }
}

function foldGauges(series: Series, labels: Labels, gauges: Gauges): void {
  series.set("ringmain_inflight_requests", [], gauges.inflight);
  series.set("ringmain_open_streams", [], gauges.openStreams);
  for (const { target, waiting } of gauges.queues) {
    series.set("ringmain_queued_requests", [labels.target(target)], waiting);
  }
  for (const { lane, label, inflight, isListed, isParked } of gauges.lanes) {
    if (isParked === true) series.set("ringmain_lane_parked", [labels.lane(lane)], 1);
    if (isListed === false) series.set("ringmain_lane_not_listed", [labels.lane(lane)], 1);
    series.set("ringmain_lane_inflight", [labels.lane(lane)], inflight);
    series.set("ringmain_lane_state", [labels.lane(lane), labels.word(label)], 1);
  }
  for (const { target, lane, state } of gauges.cells) {
    series.set("ringmain_cell_state", [labels.target(target), labels.lane(lane), labels.word(state)], 1);
  }
  for (const [sink, failures] of gauges.sinkFailures) {
    series.add("ringmain_sink_failures_total", [labels.word(sink)], failures);
  }
  const { version, commit, uptimeMs, residentBytes, eventLoopLagMaxMs } = gauges.process;
  series.set("ringmain_build_info", [version, commit], 1);
  series.set("ringmain_uptime_seconds", [], uptimeMs / 1000);
  series.set("ringmain_resident_bytes", [], residentBytes);
  series.set("ringmain_event_loop_lag_max_seconds", [], eventLoopLagMaxMs / 1000);
}

// ---------------------------------------------------------------- label values

/** Stands for an unknown protocol, lane or pool. */
const NONE = "none";
const UNKNOWN = "unknown";
const UNRESOLVED = "unresolved";
const EVERY_POOL = "";

/** Health labels of a lane that was taken out; one that waits because its upstream said until when was not. */
const OUT_LABELS: ReadonlySet<string> = new Set(["cooling-down", "exhausted", "auth-failed", "disabled"]);

/** Words of ours (protocol ids, states, sinks) kept apart; more than this many would be a bug and are "other". */
const WORDS_MAX = 64;
const WORD = /^[a-z][a-z0-9-]{0,31}$/;

interface Labels {
  target(name: string): string;
  lane(id: string): string;
  word(word: string): string;
}

function createLabels(deployment: Deployment): Labels {
  const words = new Set<string>();
  return {
    target: (name) => (Object.hasOwn(deployment.targets, name) ? name : UNRESOLVED),
    lane: (id) => (Object.hasOwn(deployment.lanes, id) ? id : UNKNOWN),
    word(word) {
      if (words.has(word)) return word;
      if (words.size >= WORDS_MAX || !WORD.test(word)) return "other";
      words.add(word);
      return word;
    },
  };
}

function failureLabel(kind: FailureKind | null): string {
  return kind !== null && Object.hasOwn(FAILURES, kind) ? kind : UNKNOWN;
}

function requestOutcome({ outcome, status }: ExchangeRecord): string {
  if (outcome === "client-gone") return "client_gone";
  if (outcome === "cut") return "cut";
  if (status >= 200 && status < 300) return "ok";
  if (status === 503) return "exhausted";
  return status >= 400 && status < 500 ? "client_error" : "error";
}

/** Failures in the coarse words dashboards are built on; the fine ones are in a metric of their own. */
function dispositionOf(outcome: AttemptRecord["outcome"]): string {
  if (outcome === "answered" || outcome === "abandoned") return NONE;
  if (outcome === "cut") return "transient_upstream";
  if (outcome === "context-length" || outcome === "upstream-too-large") return "context_length";
  if (outcome === "wrong-model") return "wrong_model";
  const rule = FAILURES[outcome];
  if (rule.effect === "hard-out") return "hard_down";
  if (rule.effect !== "none") return "transient_upstream";
  return rule.blame === "client" ? "client_fault" : "gateway";
}

function failoverReason(outcome: AttemptRecord["outcome"]): string {
  if (outcome === "timeout") return "timeout";
  return outcome === "network" ? "connect" : dispositionOf(outcome);
}
