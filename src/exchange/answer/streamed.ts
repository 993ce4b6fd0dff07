/** A streamed success: held until there is something to commit to. */
import type { ErrorWords } from "../../ir/error-words.ts";
import type { Tap } from "../../protocols/protocol.ts";
import { failed, type Outcome, type Prepared, type Response, type Side } from "../lane/outcome.ts";
import { issuedEvent } from "../reasoning-signatures.ts";
import { openFlow } from "./pump.ts";
import { createRelayFlow } from "./relay-flow.ts";
import { createTranslateFlow } from "./translate-flow.ts";
import { classifyInBand, relayHeaders, wrongModel } from "./verdict.ts";

/** `tap`: watches a relayed stream; the payload's own but for operations beside chat. */
export async function readStream(
  side: Side,
  prepared: Prepared,
  sent: Response,
  tap: Tap = side.egress.payload.createTap(),
): Promise<Outcome> {
  const { call, egress, lane } = side;
  const memory = side.world.seals.memoryOf(egress.payload);
  const common = {
    ingress: call.ingress.payload,
    egress: egress.payload,
    from: egress.carrier.framing,
    to: call.framing,
    context: prepared.context,
    answersAsked: call.request.facts.answers ?? 1,
    classify: (words: ErrorWords) => classifyInBand(side, sent, words),
  };
  const flow = side.relayed
    ? createRelayFlow({
        ...common,
        tap,
        hidden: prepared.hidden,
        remember: memory === null ? null : (data) => memory.remember(data, lane),
      })
    : createTranslateFlow({
        ...common,
        issued: lane.sealIssuer === egress.payload.id ? null : (event) => issuedEvent(event, egress.payload, lane),
      });
  const opened = await openFlow(sent.body, flow);
  if (opened.kind === "aborted") return { kind: "abandoned" };
  if (opened.kind === "failed") return failed(opened.failure, sent.status, true, flow.note.model);
  const wrong = wrongModel(side, flow.note.model);
  if (wrong !== null) {
    sent.body.cancel();
    return failed(wrong, sent.status, true, flow.note.model);
  }
  const ownBytes = side.relayed && common.from.id === common.to.id;
  const headers = {
    ...(side.relayed ? relayHeaders(side, sent.headers) : call.ingress.carrier.answerHeaders(call.id)),
    ...(ownBytes ? {} : { "content-type": common.to.contentType }),
  };
  return {
    kind: "streaming",
    status: sent.status,
    headers,
    body: sent.body,
    flow,
    held: opened.held,
    closed: opened.closed,
    relayed: side.relayed,
    losses: prepared.losses,
  };
}
