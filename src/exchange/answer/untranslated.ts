/** Relayed answers of operations beside chat: what metering reads of them, and whether they are answers at all. */

import type { Operation } from "../../ir/facts.ts";
import { failed, ok, type Result } from "../../ir/failure.ts";
import type { Usage } from "../../ir/usage.ts";
import type { JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { AnswerSource, Prepared, UpstreamResponse } from "../lane/attempt-context.ts";
import { withoutOutput } from "../lane/operations.ts";
import { relayedOperation } from "../request/facts.ts";
import { MALFORMED } from "./classify.ts";
import { createPassFlow } from "./flow.ts";
import { relayHeaders } from "./headers.ts";
import { type Outcome, unanswered } from "./outcome.ts";
import { classifyInBand } from "./refused.ts";
import { hold, readStream } from "./streamed.ts";

/** What is read of a whole answer for the record. */
interface AnswerReading {
  readonly usage: Usage | null;
  readonly model: string | null;
}

const NOTHING_READ: AnswerReading = { usage: null, model: null };

/** A whole answer in JSON, or the failure it is. */
export function readBody(
  attempt: AnswerSource,
  sent: UpstreamResponse,
  operation: Operation,
  body: JsonObject,
): Result<AnswerReading> {
  const { egress, lane } = attempt;
  const relayed = relayedOperation(egress, operation);
  if (relayed !== undefined) {
    const note = relayed.createTap().body(body);
    if (note.failure !== null) return failed(classifyInBand(attempt, sent, note.failure));
    return ok({ usage: note.usage, model: note.model });
  }
  try {
    switch (operation) {
      case "embed": {
        const read = egress.operations.embed?.readResponse(body, lane.upstreamModel);
        return ok({ usage: withoutOutput(read?.usage ?? null), model: read?.model ?? null });
      }
      case "rerank":
        return ok({ usage: withoutOutput(egress.operations.rerank?.readResponse(body).usage ?? null), model: null });
      case "count":
        egress.operations.count?.readCount(body);
        return ok(NOTHING_READ);
      default:
        return ok(NOTHING_READ);
    }
  } catch (error) {
    if (error instanceof WireError) return failed(MALFORMED);
    throw error;
  }
}

/** An answer that is neither JSON nor a page of some machine on the way: sound, subtitles, or a stream of events. */
export function readRelayed(
  attempt: AnswerSource,
  prepared: Prepared,
  sent: UpstreamResponse,
  type: string,
): Promise<Outcome> | Outcome {
  const relayed = relayedOperation(attempt.egress, attempt.call.request.facts.operation);
  if (relayed !== undefined && type.startsWith(attempt.egress.carrier.framing.contentType)) {
    return readStream(attempt, prepared, sent, relayed.createTap());
  }
  if (type.startsWith("text/html")) {
    sent.body.cancel();
    return unanswered(MALFORMED, sent.status, true);
  }
  return pass(attempt, sent);
}

async function pass(attempt: AnswerSource, sent: UpstreamResponse): Promise<Outcome> {
  const flow = createPassFlow();
  const opened = await hold(attempt, sent, flow);
  if (opened.kind === "aborted") return { kind: "abandoned" };
  if (opened.kind === "failed") return unanswered(opened.failure, sent.status, true);
  return {
    kind: "streaming",
    status: sent.status,
    headers: relayHeaders(attempt, sent.headers),
    body: sent.body,
    flow,
    held: opened.held,
    closed: opened.closed,
    relayed: true,
    losses: [],
  };
}
