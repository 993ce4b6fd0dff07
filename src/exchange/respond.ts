/**
 * How an exchange ends: answered whole or as a stream, refused, estimated, replayed or listed. Each way ends the attempt that
 * served and closes the record once.
 */
import { toPartialUsage } from "../governance/partial-usage.ts";
import type { Operation } from "../ir/facts.ts";
import { type Failure, failure } from "../ir/failure.ts";
import { countTries } from "../ir/record.ts";
import type { RequestParts } from "../ir/route.ts";
import type { RouterWishes } from "../ir/router-wishes.ts";
import { isTold, type Usage } from "../ir/usage.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { encodeUtf8 } from "../std/bytes.ts";
import { unreachable } from "../std/unreachable.ts";
import { outputTokensOf } from "./answer/flow.ts";
import { addGatewayHeaders, aliasHeader, openingHeaders, writeFailure, writeStreamFailure } from "./answer/headers.ts";
import type { AnsweredOutcome, StreamingOutcome } from "./answer/outcome.ts";
import { createPump } from "./answer/pump.ts";
import type { RouterDebug } from "./answer/router-metadata.ts";
import type { Answer, ByteSource, ExchangeInput, RunInput, WholeAnswer } from "./contract.ts";
import type { Served } from "./engine.ts";
import { type Ending, outcomeOf, type RecordBuilder } from "./record-builder.ts";
import type { ClientCall } from "./request/call.ts";
import { estimateTokens } from "./request/facts.ts";
import { listModels } from "./request/model-list.ts";

/** One exchange on its way. */
export interface ExchangeContext {
  readonly input: ExchangeInput;
  readonly record: RecordBuilder;
  /** What the client speaks. */
  readonly ingress: Protocol;
  readonly parts: RequestParts;
  /** What the client asks of the router, once it is read; null: nothing. */
  wishes: RouterWishes | null;
  /** Set where the client may be told what was decided, and asks for it. */
  debug: RouterDebug | null;
}

type ServedLane = Extract<Served, { kind: "served" }>;
type FailedLanes = Extract<Served, { kind: "failed" }>;

export function respond(exchange: ExchangeContext, call: ClientCall, served: Served): Answer {
  switch (served.kind) {
    case "abandoned":
      return clientGone(exchange, call);
    case "failed":
      return call.request.facts.operation === "count" && !isCountRefused(exchange, served)
        ? estimateCount(exchange, call)
        : refuse(exchange, served.failure, served.from);
    case "served":
      exchange.record.switch = served.switch;
      exchange.record.serving = { lane: served.lane, score: served.attempt.grade?.score ?? null };
      return served.outcome.kind === "answered"
        ? answerWhole(exchange, call, served, served.outcome)
        : answerStream(exchange, call, served, served.outcome);
    default:
      return unreachable(served);
  }
}

function answerWhole(
  exchange: ExchangeContext,
  call: ClientCall,
  served: ServedLane,
  outcome: AnsweredOutcome,
): Answer {
  const { record } = exchange;
  const { status, body, losses, usage, saidTokens, reportedModel } = outcome;
  record.committed();
  served.attempt.end({ kind: "answered", status, reportedModel });
  record.addLosses(losses, losses.length);
  const isReported = isTold(usage);
  record.close({
    outcome: "answered",
    failure: null,
    lane: served.lane,
    usage: isReported ? usage : partialUsage(call, usage, saidTokens ?? estimateTokens(body)),
    usageEstimated: !isReported,
    status,
    answerBytes: body.length,
  });
  const { headers } = outcome;
  const about = { served, attempts: countTries(record.attempts), losses, lossCount: losses.length };
  addOwnHeaders(exchange, headers, about);
  return { status, headers, body };
}

function answerStream(
  exchange: ExchangeContext,
  call: ClientCall,
  served: ServedLane,
  outcome: StreamingOutcome,
): Answer {
  const { input, record } = exchange;
  const { note } = outcome.flow;
  const translated = !outcome.relayed;
  record.committed();
  const body = createPump({
    body: outcome.body,
    flow: outcome.flow,
    held: outcome.held,
    closed: outcome.closed,
    endsAtEnding: translated,
    keepAlive: translated ? call.framing.keepAlive : null,
    effects: input.world.effects,
    onBug: (error) => input.onBug(record.id, error),
    onEnd: ({ clientGone, bytes }) =>
      endStream(exchange, call, served, { outcome, clientGone: clientGone && !note.ended, bytes }),
  });
  const { headers } = outcome;
  addOwnHeaders(exchange, headers, {
    served,
    attempts: countTries(record.attempts) + (served.attempt.isOver ? 0 : 1),
    losses: [...outcome.losses, ...note.losses],
    lossCount: outcome.losses.length + note.lossCount,
  });
  return { status: outcome.status, headers, body };
}

/** Once, when the last byte is out or the client has left. */
function endStream(
  exchange: ExchangeContext,
  call: ClientCall,
  { attempt, lane }: ServedLane,
  end: { readonly outcome: StreamingOutcome; readonly clientGone: boolean; readonly bytes: number },
): void {
  const { status, losses, flow } = end.outcome;
  const { failure: cut, usage, model: reportedModel } = flow.note;
  if (end.clientGone) attempt.end({ kind: "client-gone", status, reportedModel });
  else if (cut !== null) attempt.end({ kind: "cut", status, reportedModel, failure: cut });
  else attempt.end({ kind: "answered", status, reportedModel });
  exchange.record.addLosses([...losses, ...flow.note.losses], losses.length + flow.note.lossCount);
  const usageEstimated = end.clientGone || cut !== null || !isTold(usage);
  close(exchange, status, end.bytes, {
    outcome: end.clientGone ? "client-gone" : cut !== null ? "cut" : "answered",
    failure: cut?.kind ?? null,
    lane,
    usage: usageEstimated ? partialUsage(call, usage, outputTokensOf(flow.note)) : usage,
    usageEstimated,
  });
}

/** What is billed by the tokens of a text; pictures and sound have a price of their own that no text tells. */
const BY_TEXT: ReadonlySet<Operation> = new Set<Operation>(["chat", "complete", "embed"]);

function partialUsage({ request: { facts } }: ClientCall, reported: Usage | null, outputTokens: number): Usage | null {
  if (!BY_TEXT.has(facts.operation)) return reported;
  const answered = facts.operation === "embed" ? 0 : outputTokens;
  return toPartialUsage({ reported, inputTokensEstimate: facts.inputTokensEstimate, outputTokens: answered });
}

/**
 * The client left before there was an answer. A lane that was asked has read the prompt, and its vendor bills it, so the
 * caller pays for that: otherwise a client that hangs up early asks for nothing.
 */
function clientGone(exchange: ExchangeContext, call: ClientCall): Answer {
  const { input, record } = exchange;
  const asked = record.attempts.at(-1);
  const lane = asked?.outcome === "abandoned" ? input.world.deployment.lanes[asked.lane] : undefined;
  if (lane === undefined) return refuse(exchange, CLIENT_GONE);
  return refuse(exchange, CLIENT_GONE, null, { lane, usage: partialUsage(call, null, 0), usageEstimated: true });
}

export const CLIENT_GONE = failure("client-gone", "The client closed the connection.");

/** `from`: protocol id of the lane whose words the failure carries; null: ours. */
export function refuse(
  exchange: ExchangeContext,
  failed: Failure,
  from: string | null = null,
  /** What is charged all the same. */
  charged: Pick<Ending, "lane" | "usage" | "usageEstimated"> = UNCHARGED,
): Answer {
  const { input, record, ingress, parts } = exchange;
  const { world } = input;
  if (record.openedMs !== null) return refuseInStream(exchange, failed, charged);
  const speaker = from === null ? null : world.protocolOf(from);
  const written = writeFailure({
    protocol: ingress,
    failure: QUOTING.has(failed.kind) ? { ...failed, message: world.masked(failed.message) } : failed,
    from: speaker,
    requestId: record.id,
    parts,
    detail: world.deployment.errorDetail,
    filter: speaker === null ? null : world.responseFilter(speaker, ingress),
  });
  const ending = { ...charged, outcome: outcomeOf(failed.kind), failure: failed.kind };
  close(exchange, written.status, written.body.length, ending);
  const headers = { ...written.headers };
  addOwnHeaders(exchange, headers, { served: null, attempts: countTries(record.attempts), losses: [], lossCount: 0 });
  return { ...written, headers };
}

/** Refusals that quote the client, who may have pasted a token there. */
const QUOTING: ReadonlySet<Failure["kind"]> = new Set<Failure["kind"]>(["unknown-model", "invalid-request"]);

/** The client has its status and headers already: the refusal is the one ending of its stream. */
function refuseInStream(
  exchange: ExchangeContext,
  failed: Failure,
  charged: Pick<Ending, "lane" | "usage" | "usageEstimated">,
): Answer {
  const { input, record, ingress, parts } = exchange;
  const { deployment, effects } = input.world;
  const told = deployment.errorDetail === "full" ? failed : { ...failed, details: null };
  const body = writeStreamFailure(ingress, parts, told, {
    request: null,
    upstreamModel: record.asked ?? record.target,
    createdMs: effects.wallMs(),
    elapsedMs: () => effects.nowMs() - record.startedMs,
    newId: effects.randomId,
    inputTokensEstimate: 0,
  });
  close(exchange, OPENED_STATUS, body.length, { ...charged, outcome: outcomeOf(failed.kind), failure: failed.kind });
  return { status: OPENED_STATUS, headers: {}, body };
}

/** What the client of an opened stream has been given before anything was known. */
const OPENED_STATUS = 200;

/**
 * Status and headers ahead of an answer. `body` is what follows. No lane is named: which one will answer is not known.
 */
export function openStream({ input, record, ingress, parts }: ExchangeContext, body: ByteSource): Answer {
  record.opened();
  const headers = {
    ...ingress.carrier.answerHeaders(record.id),
    "content-type": ingress.carrier.framingFor(parts).contentType,
    ...openingHeaders({
      style: input.world.deployment.responseHeaders,
      requestId: record.id,
      alias: aliasHeader(record, input.world.masked),
      isBuffered: record.isBuffered,
    }),
  };
  return { status: OPENED_STATUS, headers, body };
}

/** A refusal that an estimate would hide; a vendor that cannot count answers 404 or 405. */
function isAboutTheRequest(failed: Failure): boolean {
  if (failed.kind === "invalid-request" || failed.kind === "caller-credential") return true;
  return failed.kind === "rejected" && failed.upstream?.status !== 404 && failed.upstream?.status !== 405;
}

/** What a vendor says against a translation need not be the client's fault; an estimate stands in for its number. */
function isCountRefused({ input, ingress }: ExchangeContext, { failure: failed, from }: FailedLanes): boolean {
  const isTranslated = from !== null && input.world.protocolOf(from).payload.id !== ingress.payload.id;
  return !isTranslated && isAboutTheRequest(failed);
}

/** Counting never fails for want of a lane: the estimate says that it is one. */
function estimateCount(exchange: ExchangeContext, call: ClientCall): Answer {
  const { count } = call.ingress.operations;
  if (count === undefined) return refuse(exchange, failure("unknown-route", "There is no such path."));
  const body = encodeUtf8(JSON.stringify(count.writeCount(call.request.facts.inputTokensEstimate)));
  close(exchange, 200, body.length, { usageEstimated: true });
  const alias = aliasHeader(exchange.record, exchange.input.world.masked);
  const headers = {
    "content-type": "application/json",
    "x-ringmain-estimated": "true",
    ...(alias === null ? {} : { "x-ringmain-alias": alias }),
    ...protocolHeaders(exchange),
  };
  return { status: 200, headers, body };
}

/** An answer that was given before; no lane was asked for it. */
export function replay(exchange: ExchangeContext, answer: WholeAnswer): Answer {
  close(exchange, answer.status, answer.body.length);
  const isHidden = exchange.input.world.deployment.responseHeaders === "off";
  const own = isHidden ? {} : { "x-ringmain-request-id": exchange.record.id };
  return { ...answer, headers: { ...answer.headers, ...own } };
}

export function discover(exchange: ExchangeContext, { route, parts, caller }: RunInput): Answer {
  const { world, startedWallMs } = exchange.input;
  const { deployment } = world;
  const listed = listModels({ deployment, protocol: exchange.ingress, route, parts, caller, startedWallMs });
  if (!listed.ok) return refuse(exchange, listed.failure);
  const { status, headers, body } = listed.value;
  close(exchange, status, body.length);
  return { status, headers: { ...headers, ...protocolHeaders(exchange) }, body };
}

function protocolHeaders({ ingress, record }: ExchangeContext): Record<string, string> {
  return { ...ingress.carrier.answerHeaders(record.id), "x-ringmain-request-id": record.id };
}

function reportedModelOf({ outcome }: ServedLane): string | null {
  return outcome.kind === "answered" ? outcome.reportedModel : outcome.flow.note.model;
}

function addOwnHeaders(
  { input, record }: ExchangeContext,
  headers: Record<string, string>,
  about: Pick<Parameters<typeof addGatewayHeaders>[1], "attempts" | "losses" | "lossCount"> & {
    readonly served: ServedLane | null;
  },
): void {
  const { served, attempts, losses, lossCount } = about;
  addGatewayHeaders(headers, {
    style: input.world.deployment.responseHeaders,
    requestId: record.id,
    lane: served?.lane ?? null,
    switch: served?.switch ?? null,
    reportedModel: served === null ? null : reportedModelOf(served),
    alias: aliasHeader(record, input.world.masked),
    isBuffered: record.isBuffered,
    trimmed: record.trimmed,
    grade: served?.attempt.grade ?? null,
    attempts,
    losses,
    lossCount,
  });
}

const UNCHARGED = { lane: null, usage: null, usageEstimated: false } as const;

/** Every record is closed here. By default no lane answered and nothing was spent. */
function close({ record }: ExchangeContext, status: number, answerBytes: number, how: Partial<Ending> = {}): void {
  record.close({ outcome: "answered", failure: null, ...UNCHARGED, ...how, status, answerBytes });
}
