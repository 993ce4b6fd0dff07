/**
 * One try of one lane: the request written for it, sent, and what came back judged. Nothing reaches the client from
 * here; the outcome says what may.
 */
import type { Lane, Provider, Target, Timers } from "../ir/deployment.ts";
import { type Failure, failure } from "../ir/failure.ts";
import { eventsOf } from "../ir/fold.ts";
import type { Loss } from "../ir/loss.ts";
import type { Usage } from "../ir/usage.ts";
import type { AnswerContext, HiddenUsage, Protocol } from "../protocols/protocol.ts";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../std/bytes.ts";
import { asObject, type JsonObject, parseExact } from "../std/json.ts";
import { WireError } from "../std/wire-error.ts";
import { readRetryAfterMs, type Sent, type UpstreamBody } from "../upstream/index.ts";
import { type Call, isFailure, lossDetails, type World } from "./call.ts";
import { classify } from "./classify.ts";
import { addLosses, createEventWriter, createRelayFlow, createTranslateFlow, type Flow, newFlowNote } from "./flow.ts";
import { openFlow } from "./pump.ts";
import { relayBody } from "./relay.ts";

/** Error bodies beyond this are cut before they are read. */
const ERROR_BYTES_MAX = 256 * 1024;
const ERROR_TEXT_CHARS_MAX = 2_000;
/** A relayed buffered answer beyond this is committed before its end. */
export const BUFFER_BYTES_MAX = 8 * 1024 * 1024;
/** A buffered answer that must be translated may not be larger. */
const TRANSLATE_BYTES_MAX = 32 * 1024 * 1024;

export type Outcome =
  | AnsweredOutcome
  | StreamingOutcome
  | {
      readonly kind: "failed";
      readonly failure: Failure;
      readonly status: number | null;
      readonly mayHaveRun: boolean;
      readonly reportedModel: string | null;
    }
  | { readonly kind: "abandoned" };

export interface AnsweredOutcome {
  readonly kind: "answered";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly usage: Usage | null;
  readonly reportedModel: string | null;
  readonly losses: readonly Loss[];
}

/** Committed: `held` may go to the client, the rest follows from `body` through `flow`. */
export interface StreamingOutcome {
  readonly kind: "streaming";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: UpstreamBody;
  readonly flow: Flow;
  readonly held: readonly Uint8Array[];
  readonly closed: boolean;
  readonly relayed: boolean;
  readonly losses: readonly Loss[];
}

export interface AttemptInput {
  readonly world: World;
  readonly call: Call;
  readonly target: Target;
  readonly lane: Lane;
}

/** The request as the lane gets it. */
interface Prepared {
  readonly body: Uint8Array;
  readonly losses: readonly Loss[];
  readonly hidden: HiddenUsage | null;
  readonly context: AnswerContext;
}

interface Side extends AttemptInput {
  readonly egress: Protocol;
  readonly provider: Provider;
  readonly relayed: boolean;
}

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
      return sent.status >= 200 && sent.status < 300
        ? await readSuccess(side, prepared, sent)
        : await readFailure(side, sent);
  }
}

// ---------------------------------------------------------------- request

function prepare(side: Side): Prepared | Failure {
  const { world, call, lane, egress } = side;
  const context: AnswerContext = {
    request: null,
    upstreamModel: lane.upstreamModel,
    createdMs: world.effects.wallMs(),
    newId: world.effects.randomId,
    inputTokensEstimate: call.request.facts.inputTokensEstimate,
  };
  if (side.relayed) {
    const { facts } = call.request;
    const hide = world.metered && facts.operation === "chat" && facts.stream && !facts.usageAsked;
    const hidden = hide ? egress.payload.hiddenUsage : null;
    const members = egress.carrier.memberEdits(lane.upstreamModel);
    return { body: relayBody({ request: call.request, members, hidden }), losses: [], hidden, context };
  }
  return translateRequest(side, context);
}

/** Tokens written where the lane's protocol demands a limit and nobody gave one. */
const DEFAULT_MAX_OUTPUT_TOKENS = 4096;

function translateRequest(side: Side, context: AnswerContext): Prepared | Failure {
  const { call, lane, egress } = side;
  const read = call.ir();
  if (isFailure(read)) return read;
  try {
    const written = egress.payload.writeRequest(read.value, {
      upstreamModel: lane.upstreamModel,
      defaultMaxOutputTokens: lane.defaultMaxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
      maxOutputTokens: lane.capabilities.maxOutputTokens,
    });
    const losses = [...read.losses, ...written.losses];
    if (call.translation === "strict" && losses.length > 0) return lossesRefused(losses);
    return {
      body: encodeUtf8(JSON.stringify(written.value)),
      losses,
      hidden: null,
      context: { ...context, request: read.value },
    };
  } catch (error) {
    if (error instanceof WireError) return failure("invalid-request", error.message);
    throw error;
  }
}

/** Losses named in the message of a refusal; all of them stand in the details. */
const LOSSES_NAMED_MAX = 10;

function lossesRefused(losses: readonly Loss[]): Failure {
  const named = losses.slice(0, LOSSES_NAMED_MAX).map((loss) => `${loss.field} (${loss.how}: ${loss.detail})`);
  const more = losses.length > named.length ? ` and ${losses.length - named.length} more` : "";
  return {
    ...failure("losses-refused", `Strict translation refuses what cannot be carried over: ${named.join("; ")}${more}.`),
    details: { tried: [], skipped: [], recoversInMs: null, losses: lossDetails(losses) },
  };
}

async function dispatch(side: Side, prepared: Prepared): Promise<Sent | Failure> {
  const { world, call, lane, egress, provider } = side;
  const { facts } = call.request;
  const operation = facts.operation === "count" ? "count" : "chat";
  const path =
    provider.path ??
    egress.carrier.upstreamPath({ operation, upstreamModel: lane.upstreamModel, stream: facts.stream });
  const url = provider.baseUrl + path;
  const secret = call.caller.passthrough ?? world.secretOf(lane);
  if (secret === null && lane.credential !== null) {
    return failure("credential", "The request could not be authenticated with the model's provider.");
  }
  const credential =
    secret === null
      ? {}
      : await egress.carrier.auth.sign({
          method: "POST",
          url,
          body: prepared.body,
          secret,
          style: provider.authStyle,
          passthrough: call.caller.passthrough !== null,
          wallMs: world.effects.wallMs(),
        });
  const passed = world.requestFilter(call.ingress, lane)(call.parts.headers);
  return world.send({
    url,
    method: "POST",
    headers: {
      ...egress.carrier.headers.requestDefaults,
      ...passed,
      ...provider.headers,
      "content-type": "application/json",
      accept: facts.stream ? egress.carrier.streamContentType : "application/json",
      "accept-encoding": "identity",
      "user-agent": world.userAgent,
      ...credential,
    },
    body: prepared.body,
    timers: timersOf(side.target, lane, facts.stream),
    signal: call.signal,
    proxy: provider.proxy,
    ca: world.caOf(provider),
  });
}

function timersOf(target: Target, lane: Lane, stream: boolean): Timers {
  const pair = target.timers ?? lane.timers;
  return stream ? pair.streamed : pair.buffered;
}

// ---------------------------------------------------------------- failure

async function readFailure(side: Side, sent: Extract<Sent, { kind: "response" }>): Promise<Outcome> {
  sent.body.begun();
  const read = await collect(sent.body, ERROR_BYTES_MAX);
  sent.body.cancel();
  if (read.kind === "aborted") return { kind: "abandoned" };
  const bytes = read.kind === "failed" ? new Uint8Array(0) : read.bytes;
  return failed(classifyAnswer(side, sent, bytes), sent.status, true);
}

function classifyAnswer(side: Side, sent: Extract<Sent, { kind: "response" }>, bytes: Uint8Array): Failure {
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

function jsonOrNull(bytes: Uint8Array): unknown {
  try {
    return parseExact(decodeUtf8(bytes));
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function failed(
  failure: Failure,
  status: number | null,
  mayHaveRun: boolean,
  reportedModel: string | null = null,
): Outcome {
  return { kind: "failed", failure, status, mayHaveRun, reportedModel };
}

// ---------------------------------------------------------------- success

async function readSuccess(
  side: Side,
  prepared: Prepared,
  sent: Extract<Sent, { kind: "response" }>,
): Promise<Outcome> {
  const type = (sent.headers["content-type"] ?? "").toLowerCase();
  if (type.startsWith(side.egress.carrier.streamContentType)) {
    if (side.call.request.facts.stream) return await readStream(side, prepared, sent);
    sent.body.cancel();
    return failed(MALFORMED, sent.status, true);
  }
  if (type !== "" && !type.includes("json")) {
    sent.body.cancel();
    return failed(MALFORMED, sent.status, true);
  }
  return await readBuffered(side, prepared, sent);
}

const MALFORMED = failure("malformed", "The model's provider sent an answer that cannot be used.");

async function readStream(side: Side, prepared: Prepared, sent: Extract<Sent, { kind: "response" }>): Promise<Outcome> {
  const flow = side.relayed
    ? createRelayFlow({
        protocol: side.egress,
        carrier: side.egress.carrier,
        context: prepared.context,
        hidden: prepared.hidden,
        classify: (words) => classify({ ...classifyBase(side), words }),
      })
    : createTranslateFlow({
        ingress: side.call.ingress,
        egress: side.egress,
        context: prepared.context,
        reclassify: (failure) => reclassify(side, failure),
      });
  const opened = await openFlow(sent.body, flow);
  if (opened.kind === "aborted") return { kind: "abandoned" };
  if (opened.kind === "failed") return failed(opened.failure, sent.status, true, flow.note.model);
  const wrong = wrongModel(side, flow.note.model);
  if (wrong !== null) {
    sent.body.cancel();
    return failed(wrong, sent.status, true, flow.note.model);
  }
  const headers = side.relayed
    ? relayHeaders(side, sent.headers)
    : {
        "content-type": side.call.ingress.carrier.streamContentType,
        ...side.call.ingress.carrier.answerHeaders(side.call.id),
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

function classifyBase(side: Side): Omit<Parameters<typeof classify>[0], "words"> {
  return {
    errorMap: side.provider.errorMap,
    retryAfterMs: null,
    passthrough: side.call.caller.passthrough !== null,
    body: null,
    headers: {},
  };
}

/** A reader's in-band failure, seen with the operator's error_map. */
function reclassify(side: Side, given: Failure): Failure {
  const { upstream } = given;
  if (upstream === null) return given;
  const { errorMap } = side.provider;
  const known = (word: string | null): boolean => word !== null && Object.hasOwn(errorMap, word);
  if (!known(upstream.code) && !known(upstream.type)) return given;
  const words = { ...upstream, meaning: null, retryAfterMs: given.retryAfterMs };
  return classify({ ...classifyBase(side), words });
}

async function readBuffered(
  side: Side,
  prepared: Prepared,
  sent: Extract<Sent, { kind: "response" }>,
): Promise<Outcome> {
  sent.body.begun();
  const passing = side.relayed && !side.call.request.facts.stream;
  const read = await collect(sent.body, passing ? BUFFER_BYTES_MAX : TRANSLATE_BYTES_MAX);
  if (read.kind === "aborted") return { kind: "abandoned" };
  if (read.kind === "failed") return failed(read.failure, sent.status, true);
  if (read.kind === "cut") {
    if (!passing) {
      sent.body.cancel();
      return failed(MALFORMED, sent.status, true);
    }
    const flow = createPassFlow(prepared.context);
    return {
      kind: "streaming",
      status: sent.status,
      headers: relayHeaders(side, sent.headers),
      body: sent.body,
      flow,
      held: [read.bytes],
      closed: false,
      relayed: true,
      losses: [],
    };
  }
  const body = asObject(jsonOrNull(read.bytes));
  if (body === undefined) return failed(MALFORMED, sent.status, true);
  if (side.call.request.facts.operation === "count") {
    return {
      kind: "answered",
      status: sent.status,
      headers: relayHeaders(side, sent.headers),
      body: read.bytes,
      usage: null,
      reportedModel: null,
      losses: [],
    };
  }
  return judgeBody(side, prepared, sent, { bytes: read.bytes, body });
}

function judgeBody(
  side: Side,
  prepared: Prepared,
  sent: Extract<Sent, { kind: "response" }>,
  answer: { bytes: Uint8Array; body: JsonObject },
): Outcome {
  const seen = side.egress.payload.createTap().body(answer.body);
  if (seen.failure !== null) {
    const retryAfterMs = readRetryAfterMs(sent.headers, side.world.effects.wallMs());
    const told = classify({ ...classifyBase(side), words: seen.failure, retryAfterMs });
    return failed(told, sent.status, true, seen.model);
  }
  if (!seen.meaningful) return failed(MALFORMED, sent.status, true, seen.model);
  const wrong = wrongModel(side, seen.model);
  if (wrong !== null) return failed(wrong, sent.status, true, seen.model);
  if (side.relayed && !side.call.request.facts.stream) {
    return {
      kind: "answered",
      status: sent.status,
      headers: relayHeaders(side, sent.headers),
      body: answer.bytes,
      usage: seen.usage,
      reportedModel: seen.model,
      losses: [],
    };
  }
  return translateAnswer(side, prepared, answer.body, { status: sent.status, usage: seen.usage, model: seen.model });
}

function translateAnswer(
  side: Side,
  prepared: Prepared,
  body: JsonObject,
  seen: { status: number; usage: Usage | null; model: string | null },
): Outcome {
  const { ingress, request, id } = side.call;
  try {
    const read = side.egress.payload.readResponse(body);
    const headers = ingress.carrier.answerHeaders(id);
    if (request.facts.stream) {
      // A streaming client gets a stream although the lane answered in one piece.
      const note = newFlowNote();
      addLosses(note, [...prepared.losses, ...read.losses]);
      const writer = createEventWriter(ingress.payload, ingress.carrier, prepared.context, note);
      const bytes = concatBytes(eventsOf(read.value).flatMap((event) => writer.push(event)));
      return {
        kind: "answered",
        status: seen.status,
        headers: { ...headers, "content-type": ingress.carrier.streamContentType },
        body: bytes,
        usage: seen.usage,
        reportedModel: seen.model,
        losses: note.losses,
      };
    }
    const written = ingress.payload.writeResponse(read.value, prepared.context);
    return {
      kind: "answered",
      status: seen.status,
      headers: { ...headers, "content-type": "application/json" },
      body: encodeUtf8(JSON.stringify(written.value)),
      usage: seen.usage,
      reportedModel: seen.model,
      losses: [...prepared.losses, ...read.losses, ...written.losses],
    };
  } catch (error) {
    if (error instanceof WireError) return failed(MALFORMED, seen.status, true, seen.model);
    throw error;
  }
}

function relayHeaders(side: Side, headers: Readonly<Record<string, string>>): Record<string, string> {
  const { ingress, id } = side.call;
  return {
    ...ingress.carrier.answerHeaders(id),
    ...side.world.responseFilter(side.egress, ingress)(headers),
    "content-type": headers["content-type"] ?? "application/json",
  };
}

/** In strict identity another reported model is refused before the commit. A dated or vendor-prefixed spelling is the same model. */
function wrongModel(side: Side, reported: string | null): Failure | null {
  if (side.target.identity !== "strict" || reported === null) return null;
  const asked = side.lane.upstreamModel.toLowerCase();
  const got = reported.toLowerCase();
  const same = got === asked || got.startsWith(`${asked}-`) || asked.endsWith(`/${got}`) || got.endsWith(`/${asked}`);
  return same
    ? null
    : failure("wrong-model", "The model's provider answered with another model than the one asked for.");
}

/** The rest of a large buffered answer, byte for byte. A break cannot be told in its dialect: the body just ends short. */
function createPassFlow(context: AnswerContext): Flow {
  const note = newFlowNote();
  note.meaningful = true;
  note.model = context.upstreamModel;
  const nothing = { out: [], frames: 0, failure: null };
  return {
    note,
    commit: () => undefined,
    push: (bytes) => ({ out: [bytes], frames: 0, failure: null }),
    end: () => {
      note.ended = true;
      return nothing;
    },
    fail: (failed) => {
      note.failure = failed;
      return [];
    },
  };
}

type Collected =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  /** The bound was reached; more may follow. */
  | { readonly kind: "cut"; readonly bytes: Uint8Array }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted" };

async function collect(body: UpstreamBody, bytesMax: number): Promise<Collected> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = await body.next();
    switch (chunk.kind) {
      case "bytes":
        parts.push(chunk.bytes);
        size += chunk.bytes.length;
        if (size > bytesMax) return { kind: "cut", bytes: concatBytes(parts) };
        break;
      case "end":
        return { kind: "whole", bytes: parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(parts) };
      case "failed":
      case "aborted":
        return chunk;
    }
  }
}
