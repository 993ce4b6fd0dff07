/**
 * The decision of one exchange answers "why did it go there". It names the lanes that could serve, those left out with
 * the reason, the attempts, the lane that answered, those in reserve, and whether the promise was kept. A fold of the
 * record and of the deployment it was made under; plain data, with the member names of the admin API.
 */
import { isReportedAs, isSameModel } from "../ir/canonical.ts";
import type { Deployment, Lane, Target } from "../ir/deployment.ts";
import { kindOfLoss } from "../ir/loss.ts";
import { type AttemptRecord, type ExchangeRecord, type LaneSwitch, totalOf } from "../ir/record.ts";
import type { Usage } from "../ir/usage.ts";
import { redact } from "../std/redact.ts";

/** exact: the lane chosen first. same_model: another lane proven to be the same model. other_model: the configuration allows it. */
export type ServedModel = "exact" | "same_model" | "other_model" | "none";
/** not_applicable: no promise was asked for. unavailable: nothing served, so that nothing was broken. */
export type Invariant = "passed" | "failed" | "unavailable" | "not_applicable";

export interface Decision {
  /** Newer ones have greater numbers. */
  readonly seq: number;
  /** The request id the client was told. */
  readonly id: string;
  readonly occurred_at: string;
  readonly duration_ms: number;
  readonly first_byte_ms: number | null;
  /** When the client of a stream got its headers ahead of the answer; null: it did not. */
  readonly opened_ms: number | null;
  readonly queued_ms: number;
  readonly protocol: string | null;
  readonly operation: string | null;
  readonly target: string;
  readonly asked: string | null;
  /** How that name stands for the target; null: it is its own. */
  readonly alias: string | null;
  readonly stream: boolean;
  readonly caller: string | null;
  readonly select: string | null;
  readonly keep: readonly string[];
  readonly status: number;
  readonly outcome: ExchangeRecord["outcome"];
  readonly failure: string | null;
  readonly served: ServedModel;
  readonly invariant: Invariant;
  /** A sentence for people. */
  readonly reason: string;
  /** First intention. */
  readonly first: LaneIdentity | null;
  readonly winner: LaneIdentity | null;
  /** Another lane served than the one that has the session, or was asked first; null: that one did, or none. */
  readonly switch: LaneSwitch | null;
  readonly runner_up: LaneIdentity | null;
  /** Best first, as they stood when the first was chosen. */
  readonly candidates: readonly string[];
  readonly skipped: readonly { readonly lane: string; readonly because: string }[];
  readonly attempts: readonly DecisionAttempt[];
  readonly usage: Usage | null;
  readonly usage_estimated: boolean;
  readonly cost_usd: number | null;
  readonly losses: readonly {
    readonly kind: string;
    readonly field: string;
    readonly how: string;
    readonly detail: string;
  }[];
  readonly loss_count: number;
  readonly request_bytes: number;
  readonly answer_bytes: number;
}

interface LaneIdentity {
  readonly lane: string;
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  readonly upstream_model: string;
  readonly canonical: string | null;
  readonly canonical_proven: boolean;
}

interface DecisionAttempt {
  readonly lane: string;
  readonly way: string;
  readonly outcome: string;
  readonly status: number | null;
  readonly started_ms: number;
  readonly first_byte_ms: number | null;
  readonly duration_ms: number;
  readonly retry_after_ms: number | null;
  readonly ambiguous: boolean;
  readonly reported_model: string | null;
  /** What the vendor refused, so that it was asked once more without it; null: it was asked once. */
  readonly repair: string | null;
  /** What its answer was graded with; null: it was not. */
  readonly grade: { readonly score: number; readonly threshold: number; readonly reasons: readonly string[] } | null;
  /** The gateway asked it to judge an answer. */
  readonly verdict: boolean;
  /** The vendor named another model than the one asked for; null: it named none. */
  readonly reported_other: boolean | null;
  /** What the vendor told of its limits beside this answer. */
  readonly quotas: readonly {
    readonly window: string;
    readonly left_share: number;
    readonly resets_at: string | null;
  }[];
}

const NANOS_PER_USD = 1_000_000_000;

export function decisionOf(record: ExchangeRecord, deployment: Deployment, seq: number): Decision {
  const target = Object.hasOwn(deployment.targets, record.target) ? (deployment.targets[record.target] ?? null) : null;
  const winner = winnerOf(record);
  const first = record.attempts.find(({ isVerdict }) => isVerdict !== true) ?? null;
  const served = servedBy(deployment, first, winner);
  const { usage, usageEstimated, costNanos } = totalOf(record);
  return {
    seq,
    id: record.id,
    occurred_at: timeText(record.startedWallMs),
    duration_ms: round(record.durationMs),
    first_byte_ms: record.firstByteMs === null ? null : round(record.firstByteMs),
    opened_ms: record.openedMs === null ? null : round(record.openedMs),
    queued_ms: round(record.queuedMs),
    protocol: record.ingress,
    operation: record.operation,
    target: record.target,
    asked: record.asked === null ? null : redact(record.asked),
    alias: record.alias ?? null,
    stream: record.stream,
    caller: record.caller,
    select: target?.select ?? null,
    keep: target?.failover.keep ?? [],
    status: record.status,
    outcome: record.outcome,
    failure: record.failure,
    served,
    invariant: invariantOf({ deployment, target, served, winner, failure: record.failure }),
    reason: reasonOf(record, winner, first),
    first: first === null ? null : identityOf(deployment, first.lane),
    winner: winner === null ? null : identityOf(deployment, winner.lane),
    switch: record.switch ?? null,
    runner_up: runnerUpOf(deployment, record, winner),
    candidates: record.offered,
    skipped: record.skipped,
    attempts: record.attempts.map((attempt) => attemptOf(deployment, attempt)),
    usage,
    usage_estimated: usageEstimated,
    cost_usd: costNanos === null ? null : costNanos / NANOS_PER_USD,
    losses: record.losses.map((loss) => {
      const { field, how, detail } = loss;
      return { kind: kindOfLoss(loss), field, how, detail: redact(detail) };
    }),
    loss_count: record.lossCount,
    request_bytes: record.requestBytes,
    answer_bytes: record.answerBytes,
  };
}

/** Milliseconds to one decimal. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** The farthest moment a Date can hold, from 1970 either way. */
const DATE_MS_MAX = 8.64e15;

function timeText(wallMs: number): string {
  return new Date(Math.abs(wallMs) <= DATE_MS_MAX ? wallMs : 0).toISOString();
}

/** The attempt whose answer the client got, whole or not. */
function winnerOf({ attempts, firstByteMs }: ExchangeRecord): AttemptRecord | null {
  const last = attempts.at(-1);
  if (last === undefined) return null;
  if (last.outcome === "answered" || last.outcome === "cut") return last;
  return last.outcome === "abandoned" && firstByteMs !== null ? last : null;
}

function servedBy(deployment: Deployment, first: AttemptRecord | null, winner: AttemptRecord | null): ServedModel {
  if (winner === null || first === null) return "none";
  if (winner.lane === first.lane) return "exact";
  return isSame(deployment, first.lane, winner.lane) ? "same_model" : "other_model";
}

function isSame(deployment: Deployment, first: string, other: string): boolean {
  const [one, two] = [laneOf(deployment, first), laneOf(deployment, other)];
  return one !== null && two !== null && (one.model === two.model || isSameModel(one, two));
}

function laneOf({ lanes }: Deployment, id: string): Lane | null {
  return Object.hasOwn(lanes, id) ? (lanes[id] ?? null) : null;
}

interface PromiseCheck {
  readonly deployment: Deployment;
  readonly target: Target | null;
  readonly served: ServedModel;
  readonly winner: AttemptRecord | null;
  readonly failure: string | null;
}

/** A vendor that names another model than the one asked for has not kept it either. */
function invariantOf({ deployment, target, served, winner, failure }: PromiseCheck): Invariant {
  const isPromised =
    target !== null &&
    (target.kind === "model" || target.failover.keep.includes("model") || target.identity === "strict");
  if (!isPromised) return "not_applicable";
  if (winner === null) return failure === "wrong-model" ? "failed" : "unavailable";
  return served === "other_model" || isOther(deployment, winner) === true ? "failed" : "passed";
}

function isOther(deployment: Deployment, { lane: id, upstreamModel, reportedModel }: AttemptRecord): boolean | null {
  if (reportedModel === null) return null;
  const canonical = laneOf(deployment, id)?.canonical ?? { id: "", proven: false };
  return !isReportedAs({ upstreamModel, canonical }, reportedModel);
}

function identityOf(deployment: Deployment, id: string): LaneIdentity | null {
  const lane = laneOf(deployment, id);
  if (lane === null) return null;
  const { provider, account, model, upstreamModel, canonical } = lane;
  return {
    lane: id,
    provider,
    account,
    model,
    upstream_model: upstreamModel,
    canonical: canonical.id === "" ? null : canonical.id,
    canonical_proven: canonical.proven,
  };
}

/** The best of those that were offered beside the winner and not found wanting. */
function runnerUpOf(deployment: Deployment, record: ExchangeRecord, winner: AttemptRecord | null): LaneIdentity | null {
  const tried = new Set(record.attempts.map(({ lane }) => lane));
  const next = record.offered.find((lane) => lane !== winner?.lane && !tried.has(lane));
  return next === undefined ? null : identityOf(deployment, next);
}

/** Blames the lane that failed last before the winner, not the lane that was left out first. */
function reasonOf(record: ExchangeRecord, winner: AttemptRecord | null, first: AttemptRecord | null): string {
  const { attempts, skipped, failure } = record;
  if (winner === null || first === null) {
    if (attempts.length === 0 && skipped.length === 0) return `Nothing was tried: ${failure ?? record.outcome}.`;
    const tried = attempts.map(({ lane, outcome }) => `${lane} ended in ${outcome}`);
    const left = skipped
      .filter(({ because }) => because !== "tried")
      .map(({ lane, because }) => `${lane} was left out (${because})`);
    return `Nothing served it: ${[...tried, ...left].join(", ")}.`;
  }
  const before = attempts.filter(({ isVerdict }) => isVerdict !== true).at(-2);
  if (before !== undefined) return `${before.lane} ended in ${before.outcome}, so ${winner.lane} served it.`;
  if (record.switch !== undefined) {
    const { from, reason } = record.switch;
    return `${from} has the session and was left out (${reason}), so ${winner.lane} served it.`;
  }
  if (record.offered.length > 1) return `${winner.lane} came first of ${record.offered.length} that could serve.`;
  const [left] = skipped;
  return left === undefined
    ? `${winner.lane} is the only lane.`
    : `${winner.lane} was the only one left; ${left.lane} was left out (${left.because})${skipped.length > 1 ? ` and ${skipped.length - 1} more` : ""}.`;
}

function attemptOf(deployment: Deployment, attempt: AttemptRecord): DecisionAttempt {
  return {
    lane: attempt.lane,
    way: attempt.way,
    outcome: attempt.outcome,
    status: attempt.status,
    started_ms: round(attempt.startedMs),
    first_byte_ms: attempt.firstByteMs === null ? null : round(attempt.firstByteMs),
    duration_ms: round(attempt.durationMs),
    retry_after_ms: attempt.retryAfterMs,
    ambiguous: attempt.ambiguous,
    reported_model: attempt.reportedModel === null ? null : redact(attempt.reportedModel),
    grade: attempt.grade ?? null,
    verdict: attempt.isVerdict === true,
    repair: attempt.repair ?? null,
    reported_other: isOther(deployment, attempt),
    quotas: attempt.quotas.map(({ window, leftShare, resetsWallMs }) => ({
      window,
      left_share: leftShare,
      resets_at: resetsWallMs === null ? null : timeText(resetsWallMs),
    })),
  };
}
