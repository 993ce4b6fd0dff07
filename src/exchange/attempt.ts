/**
 * One try of one lane: the request written for it, sent, and what came back judged. Nothing reaches the client from
 * here; the outcome says what may.
 */
import type { Failure } from "../ir/failure.ts";
import { readRetryAfterMs } from "../upstream/index.ts";
import { jsonOrNull, readBuffered } from "./buffered-answer.ts";
import { classify } from "./classify.ts";
import { collect } from "./collect.ts";
import { dispatch, prepare } from "./dispatch.ts";
import {
  type AttemptInput,
  failed,
  MALFORMED,
  type Outcome,
  type Prepared,
  type Response,
  type Side,
} from "./outcome.ts";
import { readStream } from "./stream-answer.ts";

export type { AnsweredOutcome, Outcome, StreamingOutcome } from "./outcome.ts";

/** Error bodies beyond this are cut before they are read. */
const ERROR_BYTES_MAX = 256 * 1024;
const ERROR_TEXT_CHARS_MAX = 2_000;

export async function attempt(input: AttemptInput): Promise<Outcome> {
  const { world, lane } = input;
  const egress = world.protocolOf(lane.protocol);
  const provider = world.deployment.providers[lane.provider];
  if (provider === undefined) throw new Error(`lane ${lane.id} names a provider that is not deployed`);
  const side: Side = { ...input, egress, provider, relayed: egress.payload.id === input.call.ingress.payload.id };
  const prepared = prepare(side);
  if ("kind" in prepared) return failed(prepared, null, false);
  const sent = await dispatch(side, prepared);
  if ("message" in sent) return failed(sent, null, false);
  switch (sent.kind) {
    case "aborted":
      return { kind: "abandoned" };
    case "failed":
      return failed(sent.failure, null, sent.mayHaveRun);
    case "response":
      try {
        return await readAnswer(side, prepared, sent);
      } catch (error) {
        sent.body.cancel();
        throw error;
      }
  }
}

function readAnswer(side: Side, prepared: Prepared, sent: Response): Promise<Outcome> | Outcome {
  const isSuccess = sent.status >= 200 && sent.status < 300;
  return isSuccess ? readSuccess(side, prepared, sent) : readFailure(side, sent);
}

async function readFailure(side: Side, sent: Response): Promise<Outcome> {
  sent.body.begun();
  const read = await collect(sent.body, ERROR_BYTES_MAX);
  sent.body.cancel();
  if (read.kind === "aborted") return { kind: "abandoned" };
  const bytes = read.kind === "failed" ? new Uint8Array(0) : masked(side, read.bytes);
  return failed(classifyAnswer(side, sent, bytes), sent.status, true);
}

/** A vendor may quote our own key back; the caller's own is no news to the caller. */
function masked({ world, lane }: Side, bytes: Uint8Array): Uint8Array {
  return world.secretOf(lane)?.maskedIn(bytes) ?? bytes;
}

function classifyAnswer(side: Side, sent: Response, bytes: Uint8Array): Failure {
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * ERROR_TEXT_CHARS_MAX)).slice(0, ERROR_TEXT_CHARS_MAX);
  const words = side.egress.payload.readError({
    status: sent.status,
    headers: sent.headers,
    json: jsonOrNull(bytes),
    text,
  });
  return classify({
    words,
    errorMap: side.provider.errorMap,
    retryAfterMs: readRetryAfterMs(sent.headers, side.world.effects.wallMs()),
    passthrough: side.call.caller.passthrough !== null,
    body: bytes,
    headers: sent.headers,
  });
}

function readSuccess(side: Side, prepared: Prepared, sent: Response): Promise<Outcome> | Outcome {
  const type = (sent.headers["content-type"] ?? "").toLowerCase();
  if (type.startsWith(side.egress.carrier.framing.contentType)) {
    if (side.call.request.facts.stream) return readStream(side, prepared, sent);
    sent.body.cancel();
    return failed(MALFORMED, sent.status, true);
  }
  if (type !== "" && !type.includes("json")) {
    sent.body.cancel();
    return failed(MALFORMED, sent.status, true);
  }
  return readBuffered(side, prepared, sent);
}
