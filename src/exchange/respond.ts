/** How an exchange ends: whole, as a stream, refused, estimated or listed. Each way steps the cell, settles and closes the record once. */

import type { Admission } from "../governance/admission.ts";
import type { Caller, Identified, Signer } from "../governance/identify.ts";
import { seenUsage } from "../governance/seen.ts";
import type { UsageRow } from "../governance/store.ts";
import type { Lane } from "../ir/deployment.ts";
import type { Operation } from "../ir/facts.ts";
import { type Failure, failure } from "../ir/failure.ts";
import type { RequestParts } from "../ir/route.ts";
import { isTold, type Usage } from "../ir/usage.ts";
import type { ExchangeRecord } from "../observability/record.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Secret } from "../std/secret.ts";
import { gatewayHeaders, writeFailure } from "./answer/headers.ts";
import { createPump } from "./answer/pump.ts";
import type { Answer, ByteSource, RunInput } from "./contract.ts";
import type { Served } from "./engine.ts";
import { outcomeOf, type RecordBuilder } from "./record-builder.ts";
import type { Call, World } from "./request/call.ts";
import { estimateTokens } from "./request/facts.ts";
import type { Repeats } from "./request/idempotency.ts";
import { listModels } from "./request/model-list.ts";
import type { SharedState } from "./shared-state.ts";

export interface ExchangeInput {
  readonly world: World;
  readonly shared: SharedState;
  readonly protocols: readonly Protocol[];
  readonly identify: (credential: Secret | null) => Identified;
  /** What every request of a caller is let in by; null: nobody has limits. */
  readonly admission: Admission | null;
  /** Answers given again to who asks the same; null: none are kept. */
  readonly repeats: Repeats | null;
  /** Who signs their requests; null or absent: nobody was given a key to sign with. */
  readonly signer?: Signer | null;
  /** The virtual key that a signing key belongs to; absent: there are none, and who signs has no limits. */
  readonly callerNamed?: (label: string) => Caller | null;
  readonly onRecord: (record: ExchangeRecord, row: UsageRow) => void;
  /** A bug ended an exchange; the message is for the operator's log only. */
  readonly onBug: (id: string, error: unknown) => void;
  readonly startedWallMs: number;
  /** Open to everybody on this machine: only calls that name this machine are served. */
  readonly localHostsOnly: boolean;
}

export type ServedLane = Extract<Served, { kind: "served" }>;

export function answerWhole(input: ExchangeInput, call: Call, record: RecordBuilder, served: ServedLane): Answer {
  const { outcome, lane, guard } = served;
  if (outcome.kind !== "answered") throw new Error("a streamed outcome is answered as a stream");
  const now = input.world.effects.nowMs();
  input.shared.onChanges(guard.succeeded(now));
  guard.release(now);
  record.committed();
  served.attempt.close({
    outcome: "answered",
    status: outcome.status,
    ambiguous: false,
    retryAfterMs: null,
    reportedModel: outcome.reportedModel,
    firstByte: true,
  });
  record.addLosses(outcome.losses, outcome.losses.length);
  record.close({
    outcome: "answered",
    status: outcome.status,
    failure: null,
    lane,
    usage: isTold(outcome.usage)
      ? outcome.usage
      : seen(call, outcome.usage, outcome.usage?.outputTokens ?? estimateTokens(outcome.body)),
    usageEstimated: !isTold(outcome.usage),
    answerBytes: outcome.body.length,
  });
  return {
    status: outcome.status,
    headers: { ...outcome.headers, ...ownHeaders(input, record, served, outcome.losses, outcome.losses.length) },
    body: outcome.body,
  };
}

export function answerStream(input: ExchangeInput, call: Call, record: RecordBuilder, served: ServedLane): Answer {
  const { outcome } = served;
  if (outcome.kind !== "streaming") throw new Error("a whole outcome is answered whole");
  const { world } = input;
  const { note } = outcome.flow;
  record.committed();
  const translated = !outcome.relayed;
  const source: ByteSource = createPump({
    body: outcome.body,
    flow: outcome.flow,
    held: outcome.held,
    closed: outcome.closed,
    endsAtEnding: translated,
    keepAlive: translated ? call.framing.keepAlive : null,
    setTimer: world.effects.setTimer,
    onBug: (error) => input.onBug(record.id, error),
    onEnd: ({ clientGone, bytes }) =>
      closeStream(input, call, record, served, { clientGone: clientGone && !note.ended, bytes }),
  });
  const known = [...outcome.losses, ...note.losses];
  const headers = ownHeaders(
    input,
    record,
    { ...served, attempts: record.attempts.length + 1 },
    known,
    outcome.losses.length + note.lossCount,
  );
  return { status: outcome.status, headers: { ...outcome.headers, ...headers }, body: source };
}

/** Step the cell, settle, close: once, when the last byte is out or the client has left. */
function closeStream(
  input: ExchangeInput,
  call: Call,
  record: RecordBuilder,
  served: ServedLane,
  end: { clientGone: boolean; bytes: number },
): void {
  const { outcome, guard, lane } = served;
  if (outcome.kind !== "streaming") return;
  const { note } = outcome.flow;
  const now = input.world.effects.nowMs();
  const changes = end.clientGone
    ? guard.abandoned(now)
    : note.failure !== null
      ? guard.failed(note.failure, now)
      : guard.succeeded(now);
  guard.release(now);
  input.shared.onChanges(changes);
  const how = end.clientGone ? "abandoned" : note.failure !== null ? "cut" : "answered";
  served.attempt.close({
    outcome: how,
    status: outcome.status,
    ambiguous: false,
    retryAfterMs: null,
    reportedModel: note.model,
    firstByte: true,
  });
  record.addLosses([...outcome.losses, ...note.losses], outcome.losses.length + note.lossCount);
  const estimated = end.clientGone || note.failure !== null || !isTold(note.usage);
  record.close({
    outcome: end.clientGone ? "client-gone" : how === "cut" ? "cut" : "answered",
    status: outcome.status,
    failure: note.failure?.kind ?? null,
    lane,
    usage: estimated ? seen(call, note.usage, note.pieces) : note.usage,
    usageEstimated: estimated,
    answerBytes: end.bytes,
  });
}

/** What is billed by the tokens of a text; pictures and sound have a price of their own that no text tells. */
const BY_TEXT: ReadonlySet<Operation> = new Set<Operation>(["chat", "complete", "embed"]);

function seen({ request: { facts } }: Call, reported: Usage | null, outputTokens: number): Usage | null {
  if (!BY_TEXT.has(facts.operation)) return reported;
  const answered = facts.operation === "embed" ? 0 : outputTokens;
  return seenUsage({ reported, inputTokensEstimate: facts.inputTokensEstimate, outputTokens: answered });
}

/**
 * The client left before there was an answer. A lane that was asked has read the prompt, and its vendor bills it, so the
 * caller pays for that: otherwise whoever hangs up early asks for nothing.
 */
export function leave(input: ExchangeInput, call: Call, record: RecordBuilder): Answer {
  const asked = record.attempts.at(-1);
  const lane = asked?.outcome === "abandoned" ? input.world.deployment.lanes[asked.lane] : undefined;
  const charged = lane === undefined ? null : { lane, usage: seen(call, null, 0) };
  const gone = failure("client-gone", "The client closed the connection.");
  return refuse(input, record, call.ingress, call.parts, gone, null, charged);
}

function ownHeaders(
  input: ExchangeInput,
  record: RecordBuilder,
  served: Pick<ServedLane, "lane" | "switched"> & { attempts?: number },
  losses: Parameters<typeof gatewayHeaders>[0]["losses"],
  lossCount: number,
): Record<string, string> {
  return gatewayHeaders({
    style: input.world.deployment.responseHeaders,
    requestId: record.id,
    lane: served.lane,
    attempts: served.attempts ?? record.attempts.length,
    switched: served.switched,
    losses,
    lossCount,
  });
}

export function refuse(
  input: ExchangeInput,
  record: RecordBuilder,
  protocol: Protocol,
  parts: RequestParts,
  failed: Failure,
  from: string | null,
  /** For what it is charged all the same; null: nothing. */
  charged: { readonly lane: Lane; readonly usage: Usage | null } | null = null,
): Answer {
  const { world } = input;
  const speaker = from === null ? null : world.protocolOf(from);
  const written = writeFailure({
    protocol,
    failure: failed,
    from: speaker,
    requestId: record.id,
    parts,
    detail: world.deployment.errorDetail,
    filter: speaker === null ? null : world.responseFilter(speaker, protocol),
  });
  const bytes = written.body instanceof Uint8Array ? written.body.length : 0;
  record.close({
    outcome: outcomeOf(failed.kind),
    status: written.status,
    failure: failed.kind,
    lane: charged?.lane ?? null,
    usage: charged?.usage ?? null,
    usageEstimated: charged !== null,
    answerBytes: bytes,
  });
  const headers = gatewayHeaders({
    style: world.deployment.responseHeaders,
    requestId: record.id,
    lane: null,
    attempts: record.attempts.length,
    switched: false,
    losses: [],
    lossCount: 0,
  });
  return { ...written, headers: { ...written.headers, ...headers } };
}

/** A refusal that an estimate would hide; a vendor that cannot count answers 404 or 405. */
export function isAboutTheRequest(failed: Failure): boolean {
  if (failed.kind === "invalid-request" || failed.kind === "caller-credential") return true;
  return failed.kind === "rejected" && failed.upstream?.status !== 404 && failed.upstream?.status !== 405;
}

/** Counting never fails for want of a lane: the estimate says that it is one. */
export function estimateCount(input: ExchangeInput, call: Call, record: RecordBuilder): Answer {
  const { count } = call.ingress.operations;
  if (count === undefined)
    return refuse(input, record, call.ingress, call.parts, failure("unknown-route", "There is no such path."), null);
  const body = new TextEncoder().encode(JSON.stringify(count.writeCount(call.request.facts.inputTokensEstimate)));
  record.close({
    outcome: "answered",
    status: 200,
    failure: null,
    lane: null,
    usage: null,
    usageEstimated: true,
    answerBytes: body.length,
  });
  return {
    status: 200,
    headers: {
      "content-type": "application/json",
      ...call.ingress.carrier.answerHeaders(record.id),
      "x-ringmain-request-id": record.id,
      "x-ringmain-estimated": "true",
    },
    body,
  };
}

/** An answer that was given before; nothing was asked of anybody for it. */
export function replay(input: ExchangeInput, record: RecordBuilder, answer: Answer): Answer {
  const bytes = answer.body instanceof Uint8Array ? answer.body.length : 0;
  record.close({
    outcome: "answered",
    status: answer.status,
    failure: null,
    lane: null,
    usage: null,
    usageEstimated: false,
    answerBytes: bytes,
  });
  const own = input.world.deployment.responseHeaders === "off" ? {} : { "x-ringmain-request-id": record.id };
  return { ...answer, headers: { ...answer.headers, ...own } };
}

export function discover(input: ExchangeInput, request: RunInput, record: RecordBuilder, protocol: Protocol): Answer {
  const listed = listModels({
    deployment: input.world.deployment,
    protocol,
    route: request.route,
    parts: request.parts,
    caller: request.caller,
    startedWallMs: input.startedWallMs,
  });
  if ("kind" in listed) return refuse(input, record, protocol, request.parts, listed, null);
  const bytes = listed.body instanceof Uint8Array ? listed.body.length : 0;
  record.close({
    outcome: "answered",
    status: listed.status,
    failure: null,
    lane: null,
    usage: null,
    usageEstimated: false,
    answerBytes: bytes,
  });
  return {
    ...listed,
    headers: { ...listed.headers, ...protocol.carrier.answerHeaders(record.id), "x-ringmain-request-id": record.id },
  };
}
