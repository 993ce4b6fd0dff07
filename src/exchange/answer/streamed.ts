/** A streamed success: held until there is something to commit to. */
import { toPartialUsage } from "../../governance/partial-usage.ts";
import type { ErrorWords } from "../../ir/error-words.ts";
import { inputTokens } from "../../ir/usage.ts";
import type { Tap } from "../../protocols/protocol.ts";
import type { AnswerSource, Prepared, UpstreamResponse } from "../lane/attempt-context.ts";
import { issuedEvent } from "../reasoning-signatures.ts";
import { type OpenedFlow, openFlow, openWhole } from "./before-commit.ts";
import { readerOf, tapOf } from "./failure-words.ts";
import { type Flow, type FlowNote, outputTokensOf } from "./flow.ts";
import { relayHeaders } from "./headers.ts";
import { type FailedOutcome, type Outcome, unanswered } from "./outcome.ts";
import { frameRecorder, reasoningRecorder } from "./reasoning-recorder.ts";
import { classifyInBand } from "./refused.ts";
import { createRelayFlow } from "./relay-flow.ts";
import { createTranslateFlow } from "./translate-flow.ts";

/** `tap`: watches a relayed stream; the payload's own but for operations beside chat. */
export async function readStream(
  attempt: AnswerSource,
  prepared: Prepared,
  sent: UpstreamResponse,
  tap: Tap = tapOf(attempt),
): Promise<Outcome> {
  const { call, egress, lane } = attempt;
  const memory = attempt.world.signatures.memoryOf(egress.payload);
  const stored = attempt.world.storedAnswers.watcherOf(egress.payload, lane);
  const record = attempt.relayed ? frameRecorder(attempt) : null;
  const recorder = attempt.relayed ? null : reasoningRecorder(attempt);
  const common = {
    ingress: call.ingress.payload,
    egress: egress.payload,
    from: egress.carrier.framing,
    to: call.framing,
    context: prepared.context,
    answersAsked: call.request.facts.answers ?? 1,
    classify: (words: ErrorWords) => classifyInBand(attempt, sent, words),
  };
  const flow = attempt.relayed
    ? createRelayFlow({
        ...common,
        tap,
        hidden: prepared.hidden,
        remember:
          memory === null && stored === null && record === null
            ? null
            : (frame) => {
                memory?.remember(frame.data, lane);
                stored?.(frame.data);
                record?.(frame);
              },
      })
    : createTranslateFlow({
        ...common,
        seen: recorder === null ? null : recorder.event,
        reader: readerOf(attempt),
        issued: lane.sealIssuer === egress.payload.id ? null : (event) => issuedEvent(event, egress.payload, lane),
      });
  const opened = await hold(attempt, sent, flow);
  if (opened.kind === "aborted") return { kind: "abandoned" };
  if (opened.kind === "failed") {
    const billed = billedBefore(flow.note, call.request.facts.inputTokensEstimate);
    return { ...unanswered(opened.failure, sent.status, true, flow.note.model), ...billed };
  }
  const isNamed = (sent.headers["content-type"] ?? "").toLowerCase().startsWith(common.from.contentType);
  const ownBytes = attempt.relayed && common.from.id === common.to.id && isNamed;
  const headers = {
    ...(attempt.relayed ? relayHeaders(attempt, sent.headers) : call.ingress.carrier.answerHeaders(call.id)),
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
    relayed: attempt.relayed,
    losses: prepared.losses,
  };
}

/** Of an answer that failed unseen: its vendor charges what it told by then, and what it said. */
function billedBefore(note: FlowNote, inputTokensEstimate: number): Pick<FailedOutcome, "billed"> {
  const { usage, saidBytes } = note;
  if (saidBytes === 0 && (usage === null || inputTokens(usage) === 0)) return {};
  const outputTokens = saidBytes === 0 ? 0 : outputTokensOf(note);
  return { billed: { usage: toPartialUsage({ reported: usage, inputTokensEstimate, outputTokens }), isWhole: false } };
}

/** Until there is something to commit to, or until the answer is whole where it is judged as a whole. */
export function hold({ holdsWhole, world }: AnswerSource, { body }: UpstreamResponse, flow: Flow): Promise<OpenedFlow> {
  return holdsWhole ? openWhole(body, flow, world.effects.setTimer) : openFlow(body, flow);
}
