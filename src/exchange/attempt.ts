/**
 * One try of one lane: the request written for it, sent, and what came back judged. Nothing reaches the client from
 * here; the outcome says what may.
 */
import { readBuffered } from "./answer/buffered.ts";
import { readFailure } from "./answer/refused.ts";
import { readStream } from "./answer/streamed.ts";
import { readRelayed } from "./answer/untranslated.ts";
import { dispatch, prepare } from "./lane/dispatch.ts";
import { convert } from "./lane/fan-out.ts";
import { isRelayed, wayOf } from "./lane/mode.ts";
import { conversionOf } from "./lane/operations.ts";
import {
  type AttemptInput,
  failed,
  MALFORMED,
  type Outcome,
  type Prepared,
  type Response,
  type Side,
} from "./lane/outcome.ts";

export type { AnsweredOutcome, Outcome, StreamingOutcome } from "./lane/outcome.ts";

export async function attempt(input: AttemptInput): Promise<Outcome> {
  const { world, lane } = input;
  const egress = world.protocolOf(lane.protocol);
  const provider = world.deployment.providers[lane.provider];
  if (provider === undefined) throw new Error(`lane ${lane.id} names a provider that is not deployed`);
  const way = wayOf(input.call.request.facts.operation, input.call.ingress, egress);
  const side: Side = { ...input, egress, provider, relayed: way === "relay" };
  const conversion = conversionOf(side);
  if (conversion !== null) return "kind" in conversion ? failed(conversion, null, false) : convert(side, conversion);
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

function readSuccess(side: Side, prepared: Prepared, sent: Response): Promise<Outcome> | Outcome {
  const type = (sent.headers["content-type"] ?? "").toLowerCase();
  const { operation } = side.call.request.facts;
  if (isRelayed(operation) && !type.includes("json")) return readRelayed(side, prepared, sent, type);
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
