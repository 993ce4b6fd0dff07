/** One attempt in several calls: a few at a time, all of them or none, and the one answer they come to. */

import { sumUsage } from "../ir/usage.ts";
import { encodeUtf8 } from "../std/bytes.ts";
import { asObject, type JsonObject } from "../std/json.ts";
import { createStopper, type Stopper, type StopSignal } from "../std/stop-signal.ts";
import { WireError } from "../std/wire-error.ts";
import { MALFORMED } from "./answer/classify.ts";
import { type ByteAllowance, collect, jsonOrNull } from "./answer/collect.ts";
import { type Billing, type Outcome, type UnansweredOutcome, unanswered } from "./answer/outcome.ts";
import { readFailure } from "./answer/refused.ts";
import type { AttemptContext } from "./lane/attempt-context.ts";
import { dispatch, JSON_TYPE, observeQuotas } from "./lane/dispatch.ts";
import type { Conversion } from "./lane/operations.ts";

/** Calls of one request under way at a time: they share one slot of the lane. */
const CALLS_AT_A_TIME = 4;
/** Answers of all calls together. */
const ANSWERS_BYTES_MAX = 64 * 1024 * 1024;

export async function fanOut(attempt: AttemptContext, conversion: Conversion): Promise<Outcome> {
  const { call } = attempt;
  const stopper = createStopper();
  const stop = (): void => stopper.abort();
  if (call.signal.aborted) return { kind: "abandoned" };
  call.signal.addEventListener("abort", stop, { once: true });
  let answers: CallResults;
  try {
    answers = await callAll(attempt, conversion.bodies, stopper);
  } finally {
    call.signal.removeEventListener("abort", stop);
  }
  // Who leaves is charged for the whole prompt.
  if (answers.first?.kind === "abandoned") return answers.first;
  if (answers.first !== null) {
    const isOnly = conversion.bodies.length === 1;
    return isOnly ? answers.first : { ...answers.first, billed: billedFor(conversion, answers.bodies) };
  }
  try {
    const converted = conversion.answer(answers.bodies);
    return {
      kind: "answered",
      status: 200,
      headers: { ...call.ingress.carrier.answerHeaders(call.id), "content-type": JSON_TYPE },
      body: encodeUtf8(JSON.stringify(converted.body)),
      usage: converted.usage,
      reportedModel: converted.model,
      losses: [...conversion.losses, ...converted.losses],
    };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { ...unanswered(MALFORMED, answers.status, true), billed: billedFor(conversion, answers.bodies) };
  }
}

/** What the vendor did for calls that came to nothing together: it bills them one by one. */
function billedFor({ usageOf }: Conversion, bodies: readonly JsonObject[]): Billing {
  return { usage: sumUsage(bodies.flatMap((body) => usageOf(body) ?? [])), isWhole: false };
}

interface CallResults {
  /** In the order of the calls; where one failed, those that came before. */
  readonly bodies: readonly JsonObject[];
  readonly status: number;
  /** The first failure; null: there was none. */
  readonly first: UnansweredOutcome | null;
}

/** The first failure ends the other calls and is what the attempt came to; so does a bug. */
async function callAll(attempt: AttemptContext, bodies: readonly JsonObject[], stopper: Stopper): Promise<CallResults> {
  const answers: JsonObject[] = [];
  const bugs: unknown[] = [];
  let first: UnansweredOutcome | null = null;
  const room: ByteAllowance = { left: ANSWERS_BYTES_MAX };
  let status = 200;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < bodies.length && first === null && bugs.length === 0; at = next++) {
      const body = bodies[at];
      if (body === undefined) return;
      const answered = await callOnce(attempt, body, { signal: stopper.signal, room });
      if (answered.kind !== "body") {
        // Those that are ended because of the first are not what went wrong.
        first ??= answered;
        stopper.abort();
        return;
      }
      status = answered.status;
      answers[at] = answered.body;
    }
  };
  const guardedWorker = async (): Promise<void> => {
    try {
      await worker();
    } catch (error) {
      bugs.push(error);
      stopper.abort();
    }
  };
  // Waits for every one, so that nothing of it goes on behind the answer.
  await Promise.all(Array.from({ length: Math.min(CALLS_AT_A_TIME, bodies.length) }, guardedWorker));
  if (bugs.length > 0) throw bugs[0];
  return { bodies: answers.filter((answer) => answer !== undefined), status, first };
}

type CallResult = { readonly kind: "body"; readonly body: JsonObject; readonly status: number } | UnansweredOutcome;

async function callOnce(
  attempt: AttemptContext,
  body: JsonObject,
  { signal, room }: { readonly signal: StopSignal; readonly room: ByteAllowance },
): Promise<CallResult> {
  const request = { body: [encodeUtf8(JSON.stringify(body))], contentType: JSON_TYPE };
  const sent = await dispatch(attempt, request, signal);
  if (sent.kind === "aborted") return { kind: "abandoned" };
  if (sent.kind === "failed") return unanswered(sent.failure, null, sent.mayHaveRun);
  observeQuotas(attempt, sent.headers);
  if (sent.status < 200 || sent.status >= 300) return readFailure(attempt, sent);
  sent.body.begun();
  const read = await collect(sent.body, room);
  switch (read.kind) {
    case "aborted":
      return { kind: "abandoned" };
    case "failed":
      return unanswered(read.failure, sent.status, true);
    case "cut":
      sent.body.cancel();
      return unanswered(MALFORMED, sent.status, true);
    case "whole": {
      const parsed = asObject(jsonOrNull(read.bytes));
      if (parsed === undefined) return unanswered(MALFORMED, sent.status, true);
      return { kind: "body", body: parsed, status: sent.status };
    }
  }
}
