/**
 * The open record of one exchange: filled in as it runs, closed exactly once, however it ends. Closing settles the
 * usage and hands the record to the sinks.
 */

import type { Pass } from "../governance/admission.ts";
import type { UsageRow } from "../governance/ledger-messages.ts";
import { costOf } from "../governance/prices.ts";
import { toUsageRow } from "../governance/usage-row.ts";
import type { AliasWay, Lane } from "../ir/deployment.ts";
import type { Operation } from "../ir/facts.ts";
import type { FailureKind } from "../ir/failure.ts";
import { kindOfLoss, type Loss } from "../ir/loss.ts";
import {
  type AttemptRecord,
  type ExchangeOutcome,
  type ExchangeRecord,
  type LaneSwitch,
  RECORD_LOSSES_MAX,
} from "../ir/record.ts";
import type { Usage } from "../ir/usage.ts";
import type { Effects } from "../std/effects.ts";

export interface RecordBuilder {
  readonly id: string;
  readonly startedMs: number;
  ingress: string | null;
  operation: Operation | null;
  /** A configured name, or "unresolved". */
  target: string;
  asked: string | null;
  /** How the client's name stands for the target; null: it is its own. */
  alias: AliasWay | null;
  stream: boolean;
  caller: string | null;
  queuedMs: number;
  requestBytes: number;
  offered: ExchangeRecord["offered"];
  skipped: ExchangeRecord["skipped"];
  readonly attempts: AttemptRecord[];
  /** null: the lane that was meant served, or none did. */
  switch: LaneSwitch | null;
  /** The reservation made at the admission; null: none was made. */
  pass: Pass | null;
  /** Null: the client has no headers yet, or has them with its answer. */
  readonly openedMs: number | null;
  /** The client of a stream is given its headers now, ahead of the answer. */
  opened(): void;
  /** The answer's first byte may go out now. */
  committed(): void;
  addLosses(losses: readonly Loss[], count: number): void;
  /** The first call counts; later ones do nothing. */
  close(ending: Ending): void;
  /** Called once, right after it was closed; at once when it is. One at most. */
  onClosed(callback: () => void): void;
}

export interface Ending {
  readonly outcome: ExchangeOutcome;
  readonly status: number;
  readonly failure: FailureKind | null;
  /** Lane that answered; null: none did. */
  readonly lane: Lane | null;
  readonly usage: Usage | null;
  /** The answer did not end, or the vendor did not report. */
  readonly usageEstimated: boolean;
  readonly answerBytes: number;
}

interface RecordBuilderInput {
  readonly id: string;
  readonly receivedMs: number;
  readonly effects: Pick<Effects, "nowMs" | "wallMs">;
  readonly onClose: (record: ExchangeRecord, row: UsageRow) => void;
}

/** Client-given text kept on a record, in characters. */
const ASKED_CHARS_MAX = 120;

export function openRecord(input: RecordBuilderInput): RecordBuilder {
  const { effects } = input;
  const startedWallMs = effects.wallMs() - (effects.nowMs() - input.receivedMs);
  let committedMs: number | null = null;
  let openedMs: number | null = null;
  let closed = false;
  let tellClosed = (): void => undefined;
  const losses: Loss[] = [];
  let lossCount = 0;
  const record: RecordBuilder = {
    id: input.id,
    startedMs: input.receivedMs,
    ingress: null,
    operation: null,
    target: "unresolved",
    asked: null,
    alias: null,
    stream: false,
    caller: null,
    queuedMs: 0,
    requestBytes: 0,
    offered: [],
    skipped: [],
    attempts: [],
    switch: null,
    pass: null,
    get openedMs() {
      return openedMs;
    },
    opened() {
      openedMs ??= effects.nowMs() - input.receivedMs;
    },
    committed() {
      committedMs ??= effects.nowMs();
    },
    addLosses(more, count) {
      const listed = more.slice(0, Math.max(0, RECORD_LOSSES_MAX - losses.length));
      losses.push(...listed.map((loss) => ({ ...loss, kind: kindOfLoss(loss) })));
      lossCount += count;
    },
    close(ending) {
      if (closed) return;
      closed = true;
      const { usage, usageEstimated } = ending;
      const written: ExchangeRecord = {
        id: record.id,
        startedWallMs,
        durationMs: effects.nowMs() - input.receivedMs,
        firstByteMs: committedMs === null ? null : committedMs - input.receivedMs,
        openedMs,
        queuedMs: record.queuedMs,
        ingress: record.ingress,
        operation: record.operation,
        target: record.target,
        asked: record.asked === null ? null : record.asked.slice(0, ASKED_CHARS_MAX),
        ...(record.alias === null ? {} : { alias: record.alias }),
        stream: record.stream,
        caller: record.caller,
        status: ending.status,
        outcome: ending.outcome,
        failure: ending.failure,
        attempts: record.attempts,
        ...(record.switch === null ? {} : { switch: record.switch }),
        offered: record.offered,
        skipped: record.skipped,
        answer: { usage, usageEstimated, costNanos: costOf(usage, ending.lane?.prices ?? null) },
        losses,
        lossCount,
        requestBytes: record.requestBytes,
        answerBytes: ending.answerBytes,
      };
      const row = toUsageRow(written);
      input.onClose(written, row);
      record.pass?.close(row, hasRun(written));
      tellClosed();
    },
    onClosed(callback) {
      if (closed) callback();
      else tellClosed = callback;
    },
  };
  return record;
}

/** Whether a vendor did work for it, or may have done. */
function hasRun({ outcome, attempts }: ExchangeRecord): boolean {
  if (attempts.some((attempt) => attempt.ambiguous || attempt.billed !== undefined)) return true;
  return attempts.length > 0 && (outcome === "answered" || outcome === "cut" || outcome === "client-gone");
}

/** How an exchange that ended in a failure is called: refused by the gateway, or failed by an upstream. */
export function outcomeOf(kind: FailureKind): ExchangeOutcome {
  if (kind === "client-gone") return "client-gone";
  return UPSTREAM_KINDS.has(kind) ? "failed" : "refused";
}

const UPSTREAM_KINDS: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "rate-limited",
  "quota-words",
  "overloaded",
  "server-error",
  "timeout",
  "network",
  "malformed",
  "redirect",
  "billing",
  "credential",
  "model-missing",
  "wrong-model",
  "upstream-too-large",
  "context-length",
  "rejected",
  "caller-credential",
]);
