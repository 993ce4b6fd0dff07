/**
 * The open record of one exchange: filled in as it runs, closed exactly once, however it ends. Closing settles the
 * usage and hands the record to the sinks.
 */

import type { Pass } from "../governance/admission.ts";
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
import type { ClientCall } from "./request/call.ts";

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
  /** Turns that were left out of the conversation; null: none. */
  trimmed: NonNullable<ClientCall["trimmed"]> | null;
  /** null: no lane serves, or not yet. */
  serving: { readonly lane: Lane; readonly score: number | null } | null;
  /** A stream whose answer is held until it is whole and graded. */
  isBuffered: boolean;
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
  readonly onClose: (record: ExchangeRecord) => void;
}

/** Client-given text kept on a record, in characters. */
const ASKED_CHARS_MAX = 120;

export function openRecord(input: RecordBuilderInput): RecordBuilder {
  return new OpenRecord(input);
}

const NONE: readonly never[] = [];

/** A class, because every request has one, and most of it is never written to. */
class OpenRecord implements RecordBuilder {
  readonly id: string;
  readonly startedMs: number;
  ingress: string | null = null;
  operation: Operation | null = null;
  target = "unresolved";
  asked: string | null = null;
  alias: AliasWay | null = null;
  stream = false;
  caller: string | null = null;
  queuedMs = 0;
  requestBytes = 0;
  offered: ExchangeRecord["offered"] = NONE;
  skipped: ExchangeRecord["skipped"] = NONE;
  readonly attempts: AttemptRecord[] = [];
  switch: LaneSwitch | null = null;
  trimmed: RecordBuilder["trimmed"] = null;
  serving: RecordBuilder["serving"] = null;
  isBuffered = false;
  pass: Pass | null = null;
  openedMs: number | null = null;
  readonly #input: RecordBuilderInput;
  readonly #startedWallMs: number;
  #committedMs: number | null = null;
  #closed = false;
  #tellClosed: (() => void) | null = null;
  #losses: Loss[] | null = null;
  #lossCount = 0;

  constructor(input: RecordBuilderInput) {
    const { effects, id, receivedMs } = input;
    this.id = id;
    this.startedMs = receivedMs;
    this.#input = input;
    this.#startedWallMs = effects.wallMs() - (effects.nowMs() - receivedMs);
  }

  opened(): void {
    this.openedMs ??= this.#input.effects.nowMs() - this.startedMs;
  }

  committed(): void {
    this.#committedMs ??= this.#input.effects.nowMs();
  }

  addLosses(more: readonly Loss[], count: number): void {
    this.#lossCount += count;
    if (more.length === 0) return;
    this.#losses ??= [];
    const listed = more.slice(0, Math.max(0, RECORD_LOSSES_MAX - this.#losses.length));
    this.#losses.push(...listed.map((loss) => ({ ...loss, kind: kindOfLoss(loss) })));
  }

  close(ending: Ending): void {
    if (this.#closed) return;
    this.#closed = true;
    const written = this.#written(ending);
    this.#input.onClose(written);
    this.pass?.close(toUsageRow(written), hasRun(written));
    this.#tellClosed?.();
  }

  onClosed(callback: () => void): void {
    if (this.#closed) callback();
    else this.#tellClosed = callback;
  }

  #written({ usage, usageEstimated, lane, status, outcome, failure, answerBytes }: Ending): ExchangeRecord {
    const written: ExchangeRecord = {
      id: this.id,
      startedWallMs: this.#startedWallMs,
      durationMs: this.#input.effects.nowMs() - this.startedMs,
      firstByteMs: this.#committedMs === null ? null : this.#committedMs - this.startedMs,
      openedMs: this.openedMs,
      queuedMs: this.queuedMs,
      ingress: this.ingress,
      operation: this.operation,
      target: this.target,
      asked: this.asked === null ? null : this.asked.slice(0, ASKED_CHARS_MAX),
      stream: this.stream,
      caller: this.caller,
      status,
      outcome,
      failure,
      attempts: this.attempts,
      offered: this.offered,
      skipped: this.skipped,
      answer: { usage, usageEstimated, costNanos: costOf(usage, lane?.prices ?? null) },
      losses: this.#losses ?? NONE,
      lossCount: this.#lossCount,
      requestBytes: this.requestBytes,
      answerBytes,
    };
    const { alias, switch: switched } = this;
    if (alias === null && switched === null) return written;
    return { ...written, ...(alias === null ? {} : { alias }), ...(switched === null ? {} : { switch: switched }) };
  }
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
