/**
 * The simulated vendors behind one address: the first path segment says the temper, the rest is the path of a real
 * vendor's API. A call comes in as text, an answer goes out as steps with pauses; nothing here waits or looks at a clock.
 */

import { type Failure, type FailureKind, failure } from "../ir/failure.ts";
import { eventsOf } from "../ir/fold.ts";
import type { IrRequest } from "../ir/request.ts";
import { PROTOCOLS } from "../protocols/index.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { concatBytes, encodeUtf8 } from "../std/bytes.ts";
import { asObject, type JsonObject, parseJson } from "../std/json.ts";
import { unreachable } from "../std/unreachable.ts";
import { WireError } from "../std/wire-error.ts";
import type { Chance } from "./chance.ts";
import { pace, readingMs } from "./pace.ts";
import { type CalledPath, findPlace } from "./place.ts";
import { type SpeechMoment, speak } from "./speech.ts";
import { isTemper, type Mischief, TEMPERS } from "./temper.ts";
import { promptTokens } from "./tokens.ts";

export interface VendorCall {
  readonly method: string;
  /** With the temper in front, without a query: `/flaky/v1/messages`. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type VendorAnswer =
  | {
      readonly kind: "answer";
      /** Silence before the head of the answer. */
      readonly firstByteMs: number;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly pieces: readonly Piece[];
      /** What follows the last piece: a proper end, or a broken connection. */
      readonly ending: "end" | "reset";
    }
  /** Not a byte, only a broken connection. */
  | { readonly kind: "reset"; readonly afterMs: number };

interface Piece {
  /** Pause before it. */
  readonly afterMs: number;
  readonly bytes: Uint8Array;
}

export interface Vendors {
  /** Total: what a vendor would refuse is refused in its own words. `wallMs`: since 1970. */
  answer(call: VendorCall, wallMs: number): VendorAnswer;
}

interface VendorsInput {
  readonly chance: Chance;
  /** 1 is a real vendor's pace, 0 no pause at all. */
  readonly slowness: number;
}

export function createVendors({ chance, slowness }: VendorsInput): Vendors {
  return {
    answer(call, wallMs) {
      const answered = answerCall(call, { chance, wallMs });
      return slowness === 1 ? answered : scale(answered, slowness);
    },
  };
}

/** A whole answer comes in a part of the time it would take to read along, so that trying the demo is no test of patience. */
const BUFFERED_FASTER = 3;
const BUFFERED_MS_MAX = 3_000;

/** A quick refusal still travels. */
const REFUSAL_MS = 30;

function answerCall(call: VendorCall, moment: SpeechMoment): VendorAnswer {
  const [, first = "", ...rest] = call.path.split("/");
  const place = findPlace(`/${rest.join("/")}`);
  const endpoint: Endpoint = { protocol: place?.protocol ?? PROTOCOLS.openai, path: call.path, moment };
  if (place === null || !isTemper(first)) return refuse(endpoint, "unknown-route", "There is nothing at this path.");
  if (call.method !== "POST") return refuse(endpoint, "method-not-allowed", "Use POST.");
  if (!isKnown(call.headers)) return refuse(endpoint, "caller-credential", "The key is missing or not one of ours.");
  try {
    const body = asObject(parseJson(call.body));
    if (body === undefined) return refuse(endpoint, "invalid-request", "The body must be a JSON object.");
    const request = readRequest(place, body);
    if (place.operation === "count") return count(endpoint, request);
    return converse(endpoint, request, TEMPERS[first].choose(moment.chance.random, moment.wallMs));
  } catch (error) {
    if (error instanceof WireError) return refuse(endpoint, "invalid-request", error.message);
    throw error;
  }
}

function readRequest({ protocol, operation, model, stream }: CalledPath, body: JsonObject): IrRequest {
  const asked = operation === "count" ? (protocol.operations.count?.readRequest?.(body) ?? body) : body;
  const { value } = protocol.payload.readRequest(asked);
  return { ...value, model: model ?? value.model, stream: stream ?? value.stream };
}

/** Every simulated account has a key that begins so, in whichever header its protocol uses. */
const KEY_START = "demo-";

function isKnown(headers: Readonly<Record<string, string>>): boolean {
  const authorization = headers["authorization"] ?? "";
  const given = [
    headers["x-api-key"],
    headers["x-goog-api-key"],
    headers["api-key"],
    authorization.replace(/^Bearer /i, ""),
    // A signature is not verified: whose it claims to be is enough for a simulation.
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization)?.[1],
  ];
  return given.some((key) => key?.startsWith(KEY_START) === true);
}

// ---------------------------------------------------------------- answers

/** Where an answer is written: in whose words, and when. */
interface Endpoint {
  readonly protocol: Protocol;
  readonly path: string;
  readonly moment: SpeechMoment;
}

function converse(endpoint: Endpoint, request: IrRequest, mischief: Mischief): VendorAnswer {
  switch (mischief.kind) {
    case "none":
      return tell(endpoint, request);
    case "slow": {
      const spoken = tell(endpoint, request);
      return spoken.kind === "answer" ? { ...spoken, firstByteMs: mischief.firstByteMs } : spoken;
    }
    case "cut": {
      const spoken = tell(endpoint, request);
      return spoken.kind === "answer" ? cut(spoken) : spoken;
    }
    case "reset":
      return { kind: "reset", afterMs: REFUSAL_MS };
    case "rate-limited":
      return refuse(endpoint, "rate-limited", "Too many requests for this account. Try again later.", {
        status: 429,
        retryAfterMs: mischief.retryAfterMs,
      });
    case "server-error":
      return refuse(endpoint, "server-error", "The server had an error while processing the request.", { status: 500 });
    case "overloaded":
      return overload(endpoint, request);
    default:
      return unreachable(mischief);
  }
}

/** The whole answer, spoken or streamed. */
function tell(endpoint: Endpoint, request: IrRequest): VendorAnswer {
  const { protocol, moment } = endpoint;
  const response = speak(request, moment);
  const context = contextOf(endpoint, request);
  const firstByteMs = readingMs(request, moment.chance.random);
  if (!request.stream) {
    const { value } = protocol.payload.writeResponse(response, context);
    const pauses = pace(eventsOf(response), moment.chance.random).map(({ afterMs }) => afterMs);
    const spokenMs = pauses.reduce((sum, each) => sum + each, 0) / BUFFERED_FASTER;
    const silentMs = firstByteMs + Math.min(BUFFERED_MS_MAX, Math.round(spokenMs));
    return whole(endpoint, value, { status: 200, headers: {}, firstByteMs: silentMs });
  }
  const writer = protocol.payload.createStreamWriter(context);
  const joiner = protocol.carrier.framing.createJoiner();
  const pieces = pace(eventsOf(response), moment.chance.random).flatMap(({ afterMs, event }): Piece[] => {
    const frames = writer.push(event).map((frame) => joiner.write(frame));
    return frames.length === 0 ? [] : [{ afterMs, bytes: concatBytes(frames) }];
  });
  const end = joiner.end();
  return {
    kind: "answer",
    firstByteMs,
    status: 200,
    headers: { ...headersOf(endpoint), "content-type": protocol.carrier.framing.contentType },
    pieces: end.length === 0 ? pieces : [...pieces, { afterMs: 0, bytes: end }],
    ending: "end",
  };
}

/** An answer that has begun: the status says 200, the body says no. */
function overload(endpoint: Endpoint, request: IrRequest): VendorAnswer {
  const { protocol, moment } = endpoint;
  const trouble = troubled("overloaded", "Overloaded", { status: 529 });
  const firstByteMs = readingMs(request, moment.chance.random);
  if (!request.stream) {
    const { body } = protocol.payload.writeError(trouble, errorContext(endpoint));
    return whole(endpoint, body, { status: 200, headers: {}, firstByteMs });
  }
  const writer = protocol.payload.createStreamWriter(contextOf(endpoint, request));
  const joiner = protocol.carrier.framing.createJoiner();
  const [start] = eventsOf(speak(request, moment));
  const frames = [
    ...(start === undefined ? [] : writer.push(start)),
    ...writer.push({ type: "failed", failure: trouble }),
  ];
  return {
    kind: "answer",
    firstByteMs,
    status: 200,
    headers: { ...headersOf(endpoint), "content-type": protocol.carrier.framing.contentType },
    pieces: [...frames.map((frame) => joiner.write(frame)), joiner.end()]
      .filter((bytes) => bytes.length > 0)
      .map((bytes) => ({ afterMs: REFUSAL_MS, bytes })),
    ending: "end",
  };
}

/** Half of it, and then the connection breaks. */
function cut(spoken: Extract<VendorAnswer, { kind: "answer" }>): VendorAnswer {
  const [only, ...more] = spoken.pieces;
  const pieces =
    only !== undefined && more.length === 0
      ? [{ ...only, bytes: only.bytes.subarray(0, Math.ceil(only.bytes.length / 2)) }]
      : spoken.pieces.slice(0, Math.ceil(spoken.pieces.length / 2));
  return { ...spoken, pieces, ending: "reset" };
}

function count(endpoint: Endpoint, request: IrRequest): VendorAnswer {
  const counting = endpoint.protocol.operations.count;
  if (counting === undefined) return refuse(endpoint, "unknown-route", "There is nothing at this path.");
  const body = counting.writeCount(promptTokens(request));
  return whole(endpoint, body, { status: 200, headers: {}, firstByteMs: REFUSAL_MS });
}

function refuse(
  endpoint: Endpoint,
  kind: FailureKind,
  message: string,
  said: { readonly status?: number; readonly retryAfterMs?: number } = {},
): VendorAnswer {
  const written = endpoint.protocol.payload.writeError(troubled(kind, message, said), errorContext(endpoint));
  const hint = said.retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(said.retryAfterMs / 1000)) };
  const headers = { ...written.headers, ...hint };
  return whole(endpoint, written.body, { status: written.status, headers, firstByteMs: REFUSAL_MS });
}

/** `status`: the vendor's own where it differs from the table's. */
function troubled(
  kind: FailureKind,
  message: string,
  said: { readonly status?: number; readonly retryAfterMs?: number },
): Failure {
  const trouble = failure(kind, message, said.retryAfterMs ?? null);
  if (said.status === undefined) return trouble;
  return { ...trouble, upstream: { status: said.status, code: null, type: null, message, body: null, headers: {} } };
}

function whole(
  endpoint: Endpoint,
  body: JsonObject,
  head: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly firstByteMs: number },
): VendorAnswer {
  return {
    kind: "answer",
    firstByteMs: head.firstByteMs,
    status: head.status,
    headers: { ...headersOf(endpoint), ...head.headers, "content-type": "application/json" },
    pieces: [{ afterMs: 0, bytes: encodeUtf8(JSON.stringify(body)) }],
    ending: "end",
  };
}

const headersOf = ({ protocol, moment }: Endpoint): Readonly<Record<string, string>> =>
  protocol.carrier.answerHeaders(`req_${moment.chance.newId(REQUEST_ID_CHARS)}`);

const errorContext = ({ path, moment }: Endpoint) => ({
  requestId: `req_${moment.chance.newId(REQUEST_ID_CHARS)}`,
  path,
  details: false,
});

const contextOf = ({ moment }: Endpoint, request: IrRequest) => ({
  request,
  upstreamModel: request.model,
  createdMs: moment.wallMs,
  newId: moment.chance.newId,
  // The answer is written before its time has passed; nothing that is simulated tells it.
  elapsedMs: () => 0,
  inputTokensEstimate: promptTokens(request),
});

/** The same answer at another pace. */
function scale(answered: VendorAnswer, slowness: number): VendorAnswer {
  const scaled = (ms: number) => Math.round(ms * slowness);
  if (answered.kind === "reset") return { ...answered, afterMs: scaled(answered.afterMs) };
  return {
    ...answered,
    firstByteMs: scaled(answered.firstByteMs),
    pieces: answered.pieces.map(({ afterMs, bytes }) => ({ afterMs: scaled(afterMs), bytes })),
  };
}

const REQUEST_ID_CHARS = 24;
