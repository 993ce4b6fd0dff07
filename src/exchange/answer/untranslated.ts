/** Relayed answers of operations beside chat: what metering reads of them, and whether they are answers at all. */

import type { Operation } from "../../ir/facts.ts";
import type { Failure } from "../../ir/failure.ts";
import type { Usage } from "../../ir/usage.ts";
import type { JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { relayedOperation } from "../lane/mode.ts";
import { failed, type Outcome, type Prepared, type Response, type Side } from "../lane/outcome.ts";
import { classify, MALFORMED } from "./classify.ts";
import { createPassFlow } from "./pass-flow.ts";
import { openFlow } from "./pump.ts";
import { readStream } from "./streamed.ts";
import { classifyBase, relayHeaders } from "./verdict.ts";

export interface Seen {
  readonly usage: Usage | null;
  readonly model: string | null;
}

const NOTHING_SEEN: Seen = { usage: null, model: null };

/** A whole answer in JSON, or the failure it is. */
export function seeBody(
  side: Side,
  operation: Operation,
  body: JsonObject,
  retryAfterMs: number | null,
): Seen | Failure {
  const { egress, lane } = side;
  const relayed = relayedOperation(egress, operation);
  if (relayed !== undefined) {
    const note = relayed.createTap().body(body);
    if (note.failure !== null) return classify({ ...classifyBase(side), words: note.failure, retryAfterMs });
    return { usage: note.usage, model: note.model };
  }
  try {
    switch (operation) {
      case "embed": {
        const read = egress.operations.embed?.readResponse(body, lane.upstreamModel);
        return { usage: withoutOutput(read?.usage ?? null), model: read?.model ?? null };
      }
      case "rerank":
        return { usage: withoutOutput(egress.operations.rerank?.readResponse(body).usage ?? null), model: null };
      case "count":
        egress.operations.count?.readCount(body);
        return NOTHING_SEEN;
      default:
        return NOTHING_SEEN;
    }
  } catch (error) {
    if (error instanceof WireError) return MALFORMED;
    throw error;
  }
}

/** Vectors and orders are no tokens: what was generated is known to be nothing. */
export function withoutOutput(usage: Usage | null): Usage | null {
  return usage === null ? null : { ...usage, outputTokens: usage.outputTokens ?? 0 };
}

/** An answer that is neither JSON nor a page of some machine on the way: sound, subtitles, or a stream of events. */
export function readRelayed(side: Side, prepared: Prepared, sent: Response, type: string): Promise<Outcome> | Outcome {
  const relayed = relayedOperation(side.egress, side.call.request.facts.operation);
  if (relayed !== undefined && type.startsWith(side.egress.carrier.framing.contentType)) {
    return readStream(side, prepared, sent, relayed.createTap());
  }
  if (type.startsWith("text/html")) {
    sent.body.cancel();
    return failed(MALFORMED, sent.status, true);
  }
  return pass(side, sent);
}

async function pass(side: Side, sent: Response): Promise<Outcome> {
  const flow = createPassFlow();
  const opened = await openFlow(sent.body, flow);
  if (opened.kind === "aborted") return { kind: "abandoned" };
  if (opened.kind === "failed") return failed(opened.failure, sent.status, true);
  return {
    kind: "streaming",
    status: sent.status,
    headers: relayHeaders(side, sent.headers),
    body: sent.body,
    flow,
    held: opened.held,
    closed: opened.closed,
    relayed: true,
    losses: [],
  };
}
