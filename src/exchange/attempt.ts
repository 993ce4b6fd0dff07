/**
 * One try of one lane, from its admission by routing to its one ending: the request is written, sent, and what came back
 * is judged. The ending steps the breaker, frees the slot, reports changes and writes the attempt's record, once.
 * Nothing reaches the client from here; the outcome says what may.
 */
import type { Door, Lane, Provider, Target } from "../ir/deployment.ts";
import type { Failure, Result } from "../ir/failure.ts";
import type { Grade } from "../ir/quality.ts";
import type { QuotaFact } from "../ir/quota.ts";
import type { AttemptRecord, QuotaReading } from "../ir/record.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { withModelEnding } from "../routing/asked-name.ts";
import type { Change } from "../routing/condition.ts";
import type { Guard } from "../routing/guard.ts";
import { unreachable } from "../std/unreachable.ts";
import type { Sent } from "../upstream/contract.ts";
import { readBeginning } from "./answer/beginning.ts";
import { readBuffered } from "./answer/buffered.ts";
import { type BegunOutcome, type Outcome, unanswered } from "./answer/outcome.ts";
import { readFailure } from "./answer/refused.ts";
import { readStream } from "./answer/streamed.ts";
import { readRelayed } from "./answer/untranslated.ts";
import { type AnswerRule, gradeOf, judgeAnswer } from "./answer/verdict.ts";
import { type AttemptEnd, endingOf } from "./attempt-ending.ts";
import type { World } from "./contract.ts";
import { fanOut } from "./fan-out.ts";
import type { AttemptContext, Prepared, ReasoningBack, UpstreamResponse } from "./lane/attempt-context.ts";
import { dispatch, observeQuotas, prepare } from "./lane/dispatch.ts";
import { openDoor } from "./lane/door.ts";
import { answersAsAsked, asksCompaction } from "./lane/foreign-parts.ts";
import { choosesHosts } from "./lane/host-routing.ts";
import { type Conversion, conversionOf } from "./lane/operations.ts";
import { recallReasoning } from "./lane/reasoning-back.ts";
import { repairedDialect, repairFor } from "./lane/repair.ts";
import type { RecordBuilder } from "./record-builder.ts";
import type { Repairs } from "./repairs.ts";
import type { ClientCall } from "./request/call.ts";
import { isRelayed } from "./request/facts.ts";
import type { SharedState } from "./shared-state.ts";

export interface Attempt {
  /** The protocol in which the lane is asked. */
  readonly egress: Protocol;
  /** Asks the lane. Ends the attempt itself where that throws; every other outcome is for the caller to end. */
  run(): Promise<Outcome>;
  /** The first call counts; later ones do nothing. */
  end(how: AttemptEnd): void;
  /** What its answer was graded with; null: it was not. */
  readonly grade: Grade | null;
  /** Its answer had too low a grade and ended it, and is served after all: the exchange's usage is this one's. */
  standIn(outcome: BegunOutcome): void;
  /** Since it began, until its end. */
  readonly durationMs: number;
  /** It has ended and stands in the record. */
  readonly isOver: boolean;
}

interface AttemptInput {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  readonly target: Target;
  readonly lane: Lane;
  /** The lane's admission. */
  readonly guard: Guard;
  /** Where the attempt is written; null: nowhere. */
  readonly record: Pick<RecordBuilder, "attempts" | "startedMs"> | null;
  /** Longest wait for the first byte, because others could still serve in time; null: the configured one alone. */
  readonly firstByteCapMs: number | null;
  /** What the answer must pass before it may reach the client. */
  readonly rules: readonly AnswerRule[];
  /** Whether a failure says anything of the lane. */
  readonly isEvidence: (failed: Failure) => boolean;
  /** The answer came, to its end or until its client had enough. */
  readonly onServed?: () => void;
}

export function openAttempt(input: AttemptInput): Attempt {
  return new LaneAttempt(input);
}

/** A class, because one object is all that the parts of an attempt hand to each other, and the place of its one ending. */
class LaneAttempt implements Attempt, AttemptContext {
  readonly world: World;
  readonly call: ClientCall;
  readonly target: Target;
  readonly lane: Lane;
  readonly door: Door;
  readonly egress: Protocol;
  readonly firstByteCapMs: number | null;
  readonly holdsWhole: boolean;
  /** A repair may take it away. */
  relayed: boolean;
  reasoningBack: ReasoningBack | undefined = undefined;
  readonly #input: AttemptInput;
  readonly #startedMs: number;
  #quotas: readonly QuotaReading[] = NO_READINGS;
  /** When there was something to send. */
  #begunMs: number | null = null;
  #repair: string | null = null;
  #isOver = false;
  #durationMs: number | null = null;
  /** null: it is written nowhere, or not yet. */
  #writing: AttemptRecord | null = null;

  constructor(input: AttemptInput) {
    const { world, call } = input;
    const lane = withModelEnding(input.lane, call.ending);
    const { door, egress } = openDoor(world, call, lane);
    const compacts = repairedDialect(lane, world.repairs.of(lane, door)).compaction;
    this.world = world;
    this.call = call;
    this.target = input.target;
    this.lane = lane;
    this.door = door;
    this.egress = egress;
    this.firstByteCapMs = input.firstByteCapMs;
    this.holdsWhole = input.rules.length > 0 && input.rules.some(({ hold }) => hold === "until-end");
    this.relayed = answersAsAsked({ call, lane, egress, compacts });
    this.#input = input;
    this.#startedMs = world.effects.nowMs();
  }

  get provider(): Provider {
    const provider = this.world.deployment.providers[this.lane.provider];
    if (provider === undefined) throw new Error(`lane ${this.lane.id} names a provider that is not deployed`);
    return provider;
  }

  /** Of several calls the last one's word counts. */
  observeQuota(facts: readonly QuotaFact[]): void {
    const { shared } = this.#input;
    const { nowMs, wallMs } = this.world.effects;
    this.#quotas = readingsOf(facts, wallMs());
    shared.onChanges(shared.health.observeQuota(this.lane, facts, nowMs()));
  }

  async run(): Promise<Outcome> {
    let outcome: Outcome | null = null;
    try {
      const recalled = recallReasoning(this);
      const back = recalled instanceof Promise ? await recalled : recalled;
      if (back !== null) this.reasoningBack = back;
      const conversion = conversionOf(this);
      outcome = conversion === null ? await this.#ask() : await askConverted(this, conversion);
      const judging = judgeAnswer(this, this.#input.rules, outcome);
      const judged = judging instanceof Promise ? await judging : judging;
      if (judged.kind === "answered" || judged.kind === "streaming") {
        this.#begunMs = this.world.effects.nowMs();
        this.#input.guard.begun(this.#begunMs);
      }
      return judged;
    } catch (error) {
      if (outcome?.kind === "streaming") outcome.body.cancel();
      this.end({ kind: "bug" });
      throw error;
    }
  }

  /** Asks a second time where the vendor refused what the gateway added or may leave out. */
  #ask(): Outcome | Promise<Outcome> {
    const { lane, door, world } = this;
    const repairs = world.repairs.of(lane, door);
    const prepared = prepare(this, repairs);
    if (!prepared.ok) return unanswered(prepared.failure, null, false);
    const { value } = prepared;
    return dispatch(this, value).then((sent) => {
      const outcome = judgeSent(this, value, sent);
      if (outcome instanceof Promise) return outcome.then((each) => this.#repaired(each, value, repairs));
      return outcome.kind === "failed" ? this.#repaired(outcome, value, repairs) : outcome;
    });
  }

  async #repaired(outcome: Outcome, prepared: Prepared, repairs: Repairs): Promise<Outcome> {
    const repair = outcome.kind === "failed" ? repairFor(this, prepared, outcome.failure, repairs) : null;
    if (repair === null) return outcome;
    const { lane, door, world } = this;
    const wasRelayed = this.relayed;
    // A summary is asked for in place of what the server does not do, and its answer is written as the client asked.
    if (repair === "compaction") this.relayed = false;
    const again = prepare(this, new Set([...repairs, repair]));
    if (!again.ok) {
      this.relayed = wasRelayed;
      return outcome;
    }
    this.#repair = repair;
    const second = await askOnce(this, again.value);
    if (second.kind === "answered" || second.kind === "streaming") world.repairs.remember(lane, door, repair);
    return second;
  }

  end(how: AttemptEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { guard, record, shared, onServed } = this.#input;
    const now = this.world.effects.nowMs();
    this.#durationMs = now - this.#startedMs;
    if (how.kind === "answered" || how.kind === "client-gone") onServed?.();
    const changes = step(this.#input, how, now);
    guard.release(now);
    if (changes.length > 0) shared.onChanges(changes);
    // A test that tells nothing is over too, and lets another request test the lane.
    shared.waiters.changed(this.lane.id);
    if (record === null) return;
    this.#writing = this.#written(how, now - this.#startedMs, record.startedMs);
    record.attempts.push(this.#writing);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get durationMs(): number {
    return this.#durationMs ?? this.world.effects.nowMs() - this.#startedMs;
  }

  get grade(): Grade | null {
    return gradeOf(this.#input.rules);
  }

  standIn(outcome: BegunOutcome): void {
    const { record } = this.#input;
    const at = this.#writing === null ? -1 : (record?.attempts.indexOf(this.#writing) ?? -1);
    const [written] = at === -1 ? [] : (record?.attempts.splice(at, 1) ?? []);
    if (record === null || written === undefined) return;
    const { billed: _, ...rest } = written;
    // Whose answer was served is the last attempt's lane.
    record.attempts.push({ ...rest, outcome: "answered", status: outcome.status, ambiguous: false });
  }

  #written(how: AttemptEnd, durationMs: number, exchangeStartedMs: number): AttemptRecord {
    const { lane } = this;
    const { outcome, status, ambiguous, retryAfterMs, reportedModel, billed } = endingOf(how, lane);
    const written: AttemptRecord = {
      lane: lane.id,
      provider: lane.provider,
      account: lane.account,
      model: lane.model,
      upstreamModel: lane.upstreamModel,
      egress: this.egress.id,
      way: this.relayed ? "relay" : "translate",
      outcome,
      status,
      ambiguous,
      retryAfterMs,
      reportedModel,
      startedMs: this.#startedMs - exchangeStartedMs,
      firstByteMs: this.#begunMs === null ? null : this.#begunMs - this.#startedMs,
      durationMs,
      quotas: this.#quotas,
    };
    const { grade } = this;
    if (billed === undefined && this.#repair === null && grade === null) return written;
    return {
      ...written,
      ...(grade === null ? {} : { grade: { score: grade.score, threshold: grade.threshold, reasons: grade.reasons } }),
      ...(billed === undefined ? {} : { billed }),
      ...(this.#repair === null ? {} : { repair: this.#repair }),
    };
  }
}

const NO_READINGS: readonly QuotaReading[] = [];

function readingsOf(facts: readonly QuotaFact[], wallMs: number): readonly QuotaReading[] {
  return facts.map(({ window, scope, leftShare, resetsInMs }) => ({
    window,
    scope,
    leftShare,
    resetsWallMs: resetsInMs === null ? null : wallMs + resetsInMs,
  }));
}

// ---------------------------------------------------------------- the ending

/** A host, model or path that the client itself named, and the vendor has not, says nothing of the lane. */
function mayBeWish({ kind }: Failure, call: ClientCall): boolean {
  return kind === "model-missing" && (choosesHosts(call) || asksCompaction({ call, egress: call.ingress }));
}

function step({ guard, isEvidence, call }: AttemptInput, how: AttemptEnd, nowMs: number): Change[] {
  switch (how.kind) {
    case "answered":
      return guard.succeeded(nowMs);
    case "cut":
      return guard.failed(how.failure, nowMs);
    case "failed":
      return isEvidence(how.failure) && !mayBeWish(how.failure, call)
        ? guard.failed(how.failure, nowMs)
        : guard.abandoned(nowMs);
    case "abandoned":
    case "client-gone":
    case "bug":
      return guard.abandoned(nowMs);
    default:
      return unreachable(how);
  }
}

// ---------------------------------------------------------------- the asking

async function askConverted(attempt: AttemptContext, conversion: Result<Conversion>): Promise<Outcome> {
  return conversion.ok ? fanOut(attempt, conversion.value) : unanswered(conversion.failure, null, false);
}

function askOnce(attempt: AttemptContext, prepared: Prepared): Promise<Outcome> {
  return dispatch(attempt, prepared).then((sent) => judgeSent(attempt, prepared, sent));
}

function judgeSent(attempt: AttemptContext, prepared: Prepared, sent: Sent): Outcome | Promise<Outcome> {
  switch (sent.kind) {
    case "aborted":
      return { kind: "abandoned" };
    case "failed":
      return unanswered(sent.failure, null, sent.mayHaveRun);
    case "response":
      break;
    default:
      return unreachable(sent);
  }
  const cancel = (error: unknown): never => {
    sent.body.cancel();
    throw error;
  };
  try {
    observeQuotas(attempt, sent.headers);
    const outcome = readAnswer(attempt, prepared, sent);
    return outcome instanceof Promise ? outcome.catch(cancel) : outcome;
  } catch (error) {
    return cancel(error);
  }
}

function readAnswer(attempt: AttemptContext, prepared: Prepared, sent: UpstreamResponse): Promise<Outcome> | Outcome {
  const isSuccess = sent.status >= 200 && sent.status < 300;
  return isSuccess ? readSuccess(attempt, prepared, sent) : readFailure(attempt, sent);
}

function readSuccess(attempt: AttemptContext, prepared: Prepared, sent: UpstreamResponse): Promise<Outcome> | Outcome {
  const type = (sent.headers["content-type"] ?? "").toLowerCase();
  const { operation, stream } = attempt.call.request.facts;
  const isNamed = type.startsWith(attempt.egress.carrier.framing.contentType);
  if (stream) return readAsked(attempt, prepared, sent, { type, isNamed });
  if (isRelayed(operation) && !type.includes("json")) return readRelayed(attempt, prepared, sent, type);
  return readBuffered(attempt, prepared, sent);
}

/** A stream was asked for: whatever the content type says, the beginning decides. */
async function readAsked(
  attempt: AttemptContext,
  prepared: Prepared,
  sent: UpstreamResponse,
  { type, isNamed }: { readonly type: string; readonly isNamed: boolean },
): Promise<Outcome> {
  const { framing } = attempt.egress.carrier;
  const { operation } = attempt.call.request.facts;
  const begun = await readBeginning(sent.body, framing, isNamed);
  switch (begun.kind) {
    case "aborted":
      return { kind: "abandoned" };
    case "failed":
      return unanswered(begun.failure, sent.status, true);
    case "stream": {
      const given = { ...sent, body: begun.body };
      return isRelayed(operation)
        ? readRelayed(attempt, prepared, given, framing.contentType)
        : readStream(attempt, prepared, given);
    }
    case "other": {
      const given = { ...sent, body: begun.body };
      return isRelayed(operation) && !isNamed && !type.includes("json")
        ? readRelayed(attempt, prepared, given, type)
        : readBuffered(attempt, prepared, given);
    }
    default:
      return unreachable(begun);
  }
}
