/** The request as one lane gets it: the client's own bytes or a translation, the lane's credential, and the headers that may pass. */
import { sessionOf } from "../../governance/request-headers.ts";
import type { Lane, Timers } from "../../ir/deployment.ts";
import type { Dialect } from "../../ir/dialect.ts";
import type { Operation } from "../../ir/facts.ts";
import { ACCOUNT_MESSAGES, type Failed, failed, failure, ok, type Result } from "../../ir/failure.ts";
import { isRefusedByStrict, type Loss, type WithLosses } from "../../ir/loss.ts";
import { groupLosses } from "../../ir/loss-groups.ts";
import type { IrRequest } from "../../ir/request.ts";
import type { AnswerContext, MemberEditsInput, WriteRequestOptions } from "../../protocols/protocol.ts";
import { fitRequest } from "../../protocols/shared/fit-request.ts";
import { encodeUtf8 } from "../../std/bytes.ts";
import { sha256Hex } from "../../std/digest.ts";
import { type JsonObject, parseJson } from "../../std/json.ts";
import type { StopSignal } from "../../std/stop-signal.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Sent } from "../../upstream/contract.ts";
import { readQuotas } from "../../upstream/quota.ts";
import { holdsForeignSignatures, withSignaturesFor } from "../reasoning-signatures.ts";
import type { Repairs } from "../repairs.ts";
import { lossDetails, readAgain } from "../request/call.ts";
import { isRelayed } from "../request/facts.ts";
import type { AttemptContext, LaneContext, Prepared } from "./attempt-context.ts";
import { holdsCacheMarks, withCacheMarks } from "./cache-marks.ts";
import { foreignParts } from "./foreign-parts.ts";
import { carriedMembers, configuredMembers, forbiddenFallback } from "./host-routing.ts";
import { type LaneBody, laneBody } from "./lane-body.ts";
import { reportLosses } from "./loss-report.ts";
import { withReasoningBack } from "./reasoning-back.ts";
import { mustBeRewrittenFor, repairedDialect, repairedRequest } from "./repair.ts";
import { relayBody } from "./splice-body.ts";

/** `repairs`: what is to be left out or written otherwise. */
export function prepare(attempt: LaneContext, repairs: Repairs): Result<Prepared> {
  const { world, call, lane, egress } = attempt;
  const context: AnswerContext = {
    request: null,
    upstreamModel: lane.upstreamModel,
    createdMs: world.effects.wallMs(),
    newId: world.effects.randomId,
    elapsedMs: () => world.effects.nowMs() - call.startedMs,
    inputTokensEstimate: call.request.facts.inputTokensEstimate,
  };
  const refused = forbiddenFallback(attempt);
  if (refused !== null) return failed(refused);
  const own = laneBody(attempt, repairedDialect(lane, repairs));
  if (attempt.relayed && !mustBeRewrittenFor(repairs) && !mustBeRewritten(attempt)) {
    const { facts } = call.request;
    const hide =
      world.asksUsage(lane) &&
      STREAMS_WORDS.has(facts.operation) &&
      facts.stream &&
      !facts.usageAsked &&
      repairedDialect(lane, repairs).streamUsage;
    const hidden = hide ? egress.payload.hiddenUsage : null;
    const edits = egress.carrier.memberEdits(editsInput(attempt, own?.body ?? call.request.body));
    const added = configuredMembers(attempt);
    const members = own === null && added === null ? edits : { ...own?.members, ...jsonTexts(added), ...edits };
    const losses = own?.losses ?? [];
    if (call.translation === "strict" && losses.some(isRefusedByStrict)) return lossesRefused(losses);
    const contentType = call.request.form?.contentType ?? JSON_TYPE;
    const body = relayBody({ request: call.request, members, hidden });
    return ok({ body, contentType, losses, hidden, context });
  }
  return translateRequest(attempt, context, { own, repairs });
}

/** Both stream in the payload's own way, and report usage only when asked. */
const STREAMS_WORDS: ReadonlySet<Operation> = new Set<Operation>(["chat", "complete"]);

/** Only the lane that sealed a piece of reasoning can open it, and some refuse what is not sealed; counting needs none of it opened. */
function mustBeRewritten({ world, call, lane, egress, reasoningBack }: LaneContext): boolean {
  const { body, bytes, facts } = call.request;
  if (facts.operation !== "chat") return false;
  if (reasoningBack !== undefined && reasoningBack.found.size > 0) return true;
  if (lane.dialect.reasoningBack === "refused" && egress.payload.holdsUnsigned?.(body) === true) return true;
  if (isMisfit({ call, lane, egress })) return true;
  if (holdsForeignSignatures(bytes, egress.payload, lane, world.signatures)) return true;
  return foreignParts({ call, lane, egress }).length > 0;
}

/** The lane's model refuses how its own protocol's client asks, and is asked otherwise. */
function isMisfit({ call, lane, egress }: Pick<LaneContext, "call" | "lane" | "egress">): boolean {
  return egress.payload.misfits?.(call.request.body, lane.dialect) === true;
}

/** Tokens written where the lane's protocol demands a limit and the request gives none. */
const DEFAULT_MAX_OUTPUT_TOKENS = 4096;

interface LaneChanges {
  readonly own: LaneBody | null;
  readonly repairs: Repairs;
}

function translateRequest(
  attempt: LaneContext,
  context: AnswerContext,
  { own, repairs }: LaneChanges,
): Result<Prepared> {
  const { world, call, lane, egress } = attempt;
  const read = own === null ? call.ir() : readAgain(call, own);
  if (!read.ok) return read;
  try {
    const asked = withSignaturesFor(read.value.value, egress.payload, lane, world.signatures);
    const given = withReasoningBack(asked, attempt);
    const { request, losses: left } = repairedRequest(given.request, repairs);
    const written = writeFitted(attempt, request, meteredDialect(attempt, repairs));
    const told = attempt.relayed ? foreignParts(attempt) : [];
    const all = [...read.value.losses, ...given.losses, ...left, ...told, ...written.losses];
    const losses = reportLosses(all, read.value.value, call.ingress.payload);
    if (call.translation !== "lenient" && losses.some(isRefusedByStrict))
      return lossesRefused(losses, losses.filter(isRefusedByStrict));
    return ok({
      body: [encodeUtf8(JSON.stringify(withEdits(attempt, written.value)))],
      contentType: JSON_TYPE,
      losses,
      hidden: null,
      context: { ...context, request: read.value.value },
    });
  } catch (error) {
    if (error instanceof WireError) return failed(failure("invalid-request", error.message));
    throw error;
  }
}

/** Without metering nothing is asked for that the client did not ask for. */
function meteredDialect({ world, lane }: LaneContext, repairs: Repairs): Dialect {
  const dialect = repairedDialect(lane, repairs);
  return world.deployment.metering === "estimate" ? { ...dialect, streamUsage: false } : dialect;
}

/** The request as the lane's server takes it, in its protocol. */
export function writeFitted(attempt: LaneContext, request: IrRequest, dialect: Dialect): WithLosses<JsonObject> {
  const { lane, relayed, egress } = attempt;
  const { payload } = egress;
  const native = request.sourceProtocol === payload.id;
  const fitted = fitRequest(request, { dialect, native, hasCustomTools: payload.dialectMarks !== null });
  const marked = wantsMarks(attempt, fitted.value, dialect) ? withCacheMarks(fitted.value) : fitted.value;
  const sessionKey = native || !dialect.promptCacheKey ? null : sessionKeyOf(attempt, request);
  const options = { ...writeOptions(lane), dialect, sessionKey, isMisfit: relayed && isMisfit(attempt) };
  const written = payload.writeRequest(marked, options);
  return fitted.losses.length === 0 ? written : { ...written, losses: [...fitted.losses, ...written.losses] };
}

/** An agent repeats its tools in each turn. A client whose own protocol has marks decides by itself. */
function wantsMarks({ target, call, egress }: LaneContext, request: IrRequest, { cacheMarks }: Dialect): boolean {
  if (!cacheMarks || !target.cacheMarks || request.tools.length === 0) return false;
  return egress.payload.hasCacheMarks && !call.ingress.payload.hasCacheMarks && !holdsCacheMarks(request);
}

/** A digest under the caller, so that no name of a client reaches a vendor and two callers never share one. */
function sessionKeyOf({ call: { caller, parts } }: LaneContext, { user }: IrRequest): string | null {
  const named =
    sessionOf(parts.headers, caller)?.name ?? (user === null ? null : `${caller.key?.id ?? caller.label}/${user}`);
  return named === null ? null : sha256Hex(`prompt cache/${named}`).slice(0, SESSION_KEY_CHARS);
}

const SESSION_KEY_CHARS = 32;

function writeOptions(lane: Lane): Omit<WriteRequestOptions, "dialect" | "sessionKey"> {
  return {
    upstreamModel: lane.upstreamModel,
    defaultMaxOutputTokens: lane.defaultMaxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
    maxOutputTokens: lane.capabilities.maxOutputTokens,
  };
}

function editsInput({ call, lane }: LaneContext, body: JsonObject): MemberEditsInput {
  const { facts } = call.request;
  return {
    operation: facts.operation,
    upstreamModel: lane.upstreamModel,
    stream: facts.stream,
    headers: call.parts.headers,
    body,
  };
}

function jsonTexts(members: JsonObject | null): Record<string, string> {
  return Object.fromEntries(Object.entries(members ?? {}).map(([name, value]) => [name, JSON.stringify(value)]));
}

/** A written body as this carrier wants it: a payload writes the model and the stream flag even where they travel in the path. */
export function withEdits(attempt: LaneContext, body: JsonObject): JsonObject {
  const { carrier } = attempt.egress;
  const edited = { ...body, ...carriedMembers(attempt), ...configuredMembers(attempt) };
  for (const [name, jsonText] of Object.entries(carrier.memberEdits(editsInput(attempt, body)))) {
    if (jsonText === null) delete edited[name];
    else edited[name] = parseJson(jsonText);
  }
  return edited;
}

/** Losses named in the message of a refusal; all of them stand in the details. */
const LOSSES_NAMED_MAX = 10;

/** `losses`: all of the request; `refused`: those it is refused for. */
export function lossesRefused(losses: readonly Loss[], refused = losses): Failed {
  const named = groupLosses(refused).map(({ kind, entries }) => {
    const more = entries.length > LOSSES_NAMED_MAX ? ` and ${entries.length - LOSSES_NAMED_MAX} more` : "";
    return `${kind} (${entries.slice(0, LOSSES_NAMED_MAX).join(", ")}${more})`;
  });
  return failed({
    ...failure("losses-refused", `Strict translation refuses what cannot be carried over: ${named.join("; ")}.`),
    details: { tried: [], skipped: [], recoversInMs: null, losses: lossDetails(losses) },
  });
}

const NO_CREDENTIAL = failure("credential", ACCOUNT_MESSAGES.credential);

/**
 * `signal`: another one than the client's, where one of several calls may end the others. What an answer says of limits is
 * for `observeQuotas`.
 */
export function dispatch(
  attempt: AttemptContext,
  prepared: Pick<Prepared, "body" | "contentType">,
  signal: StopSignal = attempt.call.signal,
): Promise<Sent> {
  const { world, call, lane, door, egress, provider } = attempt;
  const { facts } = call.request;
  const path = egress.carrier.upstreamPath({
    operation: facts.operation,
    upstreamModel: lane.upstreamModel,
    stream: facts.stream,
    template: door.path,
    // What is written anew is no longer what the client's path asks for.
    clientPath: attempt.relayed ? call.parts.path : "",
  });
  if (path === null) throw new Error(`lane ${lane.id} was asked for what its path cannot serve`);
  const url = provider.baseUrl + path;
  const secret = call.caller.passthrough ?? world.secretOf(lane);
  if (secret === null && lane.credential !== null) {
    return Promise.resolve({ kind: "failed", failure: NO_CREDENTIAL, mayHaveRun: false });
  }
  const credential =
    secret === null
      ? NO_HEADERS
      : egress.carrier.auth.sign({
          method: "POST",
          url,
          contentType: prepared.contentType,
          body: prepared.body,
          secret,
          region: provider.region ?? null,
          style: door.authStyle,
          passthrough: call.caller.passthrough !== null,
          wallMs: world.effects.wallMs(),
        });
  const send = (credential: Readonly<Record<string, string>>): Promise<Sent> =>
    world.send({
      url,
      method: "POST",
      headers: headersFor(attempt, prepared.contentType, credential),
      body: prepared.body,
      timers: timersOf(attempt, facts.stream),
      signal,
      proxy: provider.proxy,
      ca: world.caOf(provider),
      client: provider.upstreamClient,
    });
  return credential instanceof Promise ? credential.then(send) : send(credential);
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

/** A caller's own credential has limits of its own, which say nothing of the lane's. */
export function observeQuotas(attempt: AttemptContext, headers: Readonly<Record<string, string>>): void {
  const { world, call, egress } = attempt;
  const { quotas } = egress.carrier;
  if (quotas === undefined || call.caller.passthrough !== null) return;
  const facts = readQuotas(headers, quotas, world.effects.wallMs);
  if (facts.length > 0) attempt.observeQuota(facts);
}

export const JSON_TYPE = "application/json";

/** What the lane demands wins over what the client sent, and that over what the protocol would say by itself. */
function headersFor(
  attempt: AttemptContext,
  contentType: string,
  credential: Readonly<Record<string, string>>,
): Record<string, string> {
  const { world, call, lane, egress, provider } = attempt;
  const headers = world.requestFilter(call.ingress, egress, lane)(call.parts.headers);
  if (attempt.relayed && egress.id !== call.ingress.id)
    Object.assign(headers, call.ingress.carrier.bodyHeaders?.(call.request.body));
  const { requestDefaults } = egress.carrier.headers;
  for (const name in requestDefaults) headers[name] ??= requestDefaults[name] ?? "";
  for (const name in provider.headers) headers[name] = provider.headers[name] ?? "";
  headers["content-type"] = contentType;
  headers["accept"] = acceptOf(attempt);
  headers["accept-encoding"] = "identity";
  headers["user-agent"] = world.userAgent;
  return Object.assign(headers, credential);
}

/** Pictures and sound come in types only the client knows. */
function acceptOf({ call, egress }: AttemptContext): string {
  const { stream, operation } = call.request.facts;
  if (isRelayed(operation)) return call.parts.headers["accept"] ?? "*/*";
  return stream ? egress.carrier.framing.contentType : JSON_TYPE;
}

function timersOf({ target, lane, firstByteCapMs }: AttemptContext, stream: boolean): Timers {
  const pair = target.timers ?? lane.timers;
  const timers = stream ? pair.streamed : pair.buffered;
  const isShorter = firstByteCapMs !== null && (timers.firstByteMs === 0 || firstByteCapMs < timers.firstByteMs);
  return isShorter ? { ...timers, firstByteMs: firstByteCapMs } : timers;
}
