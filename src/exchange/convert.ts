/** Carries out a conversion: its calls, a few at a time, all of them or none, and the one answer they come to. */
import { encodeUtf8 } from "../std/bytes.ts";
import { asObject, type JsonObject } from "../std/json.ts";
import { createStopper, type Stopper, type StopSignal } from "../std/stop-signal.ts";
import { WireError } from "../std/wire-error.ts";
import { jsonOrNull } from "./buffered-answer.ts";
import { collect } from "./collect.ts";
import type { Conversion } from "./conversions.ts";
import { dispatch, JSON_TYPE } from "./dispatch.ts";
import { readFailure } from "./failed-answer.ts";
import { failed, MALFORMED, type Outcome, type Side, type UnansweredOutcome } from "./outcome.ts";

/** Calls of one request under way at a time: they share one slot of the lane. */
export const CALLS_AT_A_TIME = 4;
/** Answers of all calls together. */
const ANSWERS_BYTES_MAX = 64 * 1024 * 1024;

export async function convert(side: Side, conversion: Conversion): Promise<Outcome> {
  const { call } = side;
  const stopper = createStopper();
  const stop = (): void => stopper.abort();
  if (call.signal.aborted) return { kind: "abandoned" };
  call.signal.addEventListener("abort", stop, { once: true });
  const answers = await callAll(side, conversion.bodies, stopper);
  call.signal.removeEventListener("abort", stop);
  if ("kind" in answers) return answers;
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
    if (error instanceof WireError) return failed(MALFORMED, answers.status, true);
    throw error;
  }
}

/** Bodies in the order of the calls. The first failure ends the others and is what the attempt came to. */
async function callAll(
  side: Side,
  bodies: readonly JsonObject[],
  stopper: Stopper,
): Promise<{ readonly bodies: readonly JsonObject[]; readonly status: number } | UnansweredOutcome> {
  const answers: JsonObject[] = [];
  let first: UnansweredOutcome | null = null;
  let bytesLeft = ANSWERS_BYTES_MAX;
  let status = 200;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < bodies.length && first === null; at = next++) {
      const body = bodies[at];
      if (body === undefined) return;
      const answered = await callOnce(side, body, { signal: stopper.signal, bytesMax: bytesLeft });
      if (answered.kind !== "body") {
        // Those that are ended because of the first are not what went wrong.
        first ??= answered;
        stopper.abort();
        return;
      }
      bytesLeft -= answered.bytes;
      status = answered.status;
      answers[at] = answered.body;
    }
  };
  await Promise.all(Array.from({ length: Math.min(CALLS_AT_A_TIME, bodies.length) }, worker));
  return first ?? { bodies: answers, status };
}

type Answered =
  | { readonly kind: "body"; readonly body: JsonObject; readonly status: number; readonly bytes: number }
  | UnansweredOutcome;

async function callOnce(
  side: Side,
  body: JsonObject,
  { signal, bytesMax }: { readonly signal: StopSignal; readonly bytesMax: number },
): Promise<Answered> {
  const request = { body: encodeUtf8(JSON.stringify(body)), contentType: JSON_TYPE };
  const sent = await dispatch(side, request, signal);
  if ("message" in sent) return failed(sent, null, false);
  if (sent.kind === "aborted") return { kind: "abandoned" };
  if (sent.kind === "failed") return failed(sent.failure, null, sent.mayHaveRun);
  if (sent.status < 200 || sent.status >= 300) return readFailure(side, sent);
  sent.body.begun();
  const read = await collect(sent.body, bytesMax);
  switch (read.kind) {
    case "aborted":
      return { kind: "abandoned" };
    case "failed":
      return failed(read.failure, sent.status, true);
    case "cut":
      sent.body.cancel();
      return failed(MALFORMED, sent.status, true);
    case "whole": {
      const parsed = asObject(jsonOrNull(read.bytes));
      if (parsed === undefined) return failed(MALFORMED, sent.status, true);
      return { kind: "body", body: parsed, status: sent.status, bytes: read.bytes.length };
    }
  }
}
