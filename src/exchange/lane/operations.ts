/**
 * Operations beside chat that must be written anew for a lane: embeddings (in several calls where one cannot carry all
 * inputs), reranking, and token counting. Each becomes the bodies to send and the way back.
 */
import type { IrEmbedRequest, IrEmbedResponse } from "../../ir/embed.ts";
import { type Failed, failed, failure, ok, type Result } from "../../ir/failure.ts";
import type { Loss, WithLosses } from "../../ir/loss.ts";
import { NO_EXTRAS, NO_SPELLING } from "../../ir/request.ts";
import { sumUsage, type Usage } from "../../ir/usage.ts";
import type { EmbedOperation } from "../../protocols/protocol.ts";
import type { JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { withSignaturesFor } from "../reasoning-signatures.ts";
import { readAgain } from "../request/call.ts";
import type { LaneContext } from "./attempt-context.ts";
import { lossesRefused, withEdits, writeFitted } from "./dispatch.ts";
import { bodyToTranslate } from "./host-routing.ts";
import { laneBody } from "./lane-body.ts";

export interface Conversion {
  /** One call each, at least one. */
  readonly bodies: readonly JsonObject[];
  readonly losses: readonly Loss[];
  /** The answers in the order of the calls. Throws WireError when one of them is none. */
  answer(bodies: readonly JsonObject[]): Converted;
  /** What one answer alone cost; null: nothing that can be read. */
  readonly usageOf: (body: JsonObject) => Usage | null;
}

interface Converted {
  readonly body: JsonObject;
  readonly losses: readonly Loss[];
  readonly usage: Usage | null;
  readonly model: string | null;
}

/** Calls one request may be split into: enough for 2,048 texts (what OpenAI's clients may send) at 16 a call. */
const EMBED_CALLS_MAX = 128;

/** null: nothing is to be written anew, the request goes as it is or is chat. */
export function conversionOf(attempt: LaneContext): Result<Conversion> | null {
  switch (attempt.call.request.facts.operation) {
    case "embed":
      return embed(attempt);
    case "rerank":
      return attempt.relayed ? null : rerank(attempt);
    case "count":
      return attempt.relayed ? null : count(attempt);
    default:
      return null;
  }
}

// ---------------------------------------------------------------- embed

function embed(attempt: LaneContext): Result<Conversion> | null {
  const { call, lane, egress } = attempt;
  const from = call.ingress.operations.embed;
  const to = egress.operations.embed;
  if (to === undefined) throw new Error(`lane ${lane.id} was asked for embeddings it does not offer`);
  // A protocol that relays may do so without reading: its vendor says what is wrong.
  if (from === undefined) return null;
  const read = readBody(() => from.readRequest(bodyToTranslate(attempt)));
  const max = Math.max(1, to.inputsMax(lane.upstreamModel));
  if (attempt.relayed && (!read.ok || read.value.value.inputs.length <= max)) return null;
  if (!read.ok) return read;
  const { value: request, losses } = read.value;
  const calls = Math.ceil(request.inputs.length / max);
  if (calls > EMBED_CALLS_MAX) return tooMany(max);
  return guarded(attempt, () => {
    const written = Array.from({ length: Math.max(1, calls) }, (_, at) =>
      to.writeRequest({ ...request, inputs: request.inputs.slice(at * max, (at + 1) * max) }, lane.upstreamModel),
    );
    return {
      bodies: written.map(({ value }) => withEdits(attempt, value)),
      // Each call loses the same.
      losses: [...losses, ...(written[0]?.losses ?? [])],
      answer: (bodies) => joinVectors(attempt, { from, to, request, max }, bodies),
      usageOf: (body) => readable(() => to.readResponse(body, lane.upstreamModel).usage),
    };
  });
}

function tooMany(inputsMax: number): Failed {
  const most = inputsMax * EMBED_CALLS_MAX;
  const message = `The request has more inputs than this model takes: send at most ${most} at a time.`;
  return failed(failure("no-capable-lane", message));
}

function joinVectors(
  attempt: LaneContext,
  how: { from: EmbedOperation; to: EmbedOperation; request: IrEmbedRequest; max: number },
  bodies: readonly JsonObject[],
): Converted {
  const { from, to, request, max } = how;
  const { upstreamModel } = attempt.lane;
  const parts = bodies.map((body) => to.readResponse(body, upstreamModel));
  for (const [at, { vectors }] of parts.entries()) {
    const expected = Math.min(max, request.inputs.length - at * max);
    if (vectors.length !== expected)
      throw new WireError(`The answer holds ${vectors.length} vectors for ${expected} inputs.`);
  }
  const [first] = parts;
  if (first === undefined) throw new WireError("There is no answer.");
  const usage = withoutOutput(sumUsage(parts.map((part) => part.usage)));
  // What only the vendor's own answer says is said of its part of the vectors, not of all of them.
  const { extras, spelling } = parts.length === 1 ? first : { extras: NO_EXTRAS, spelling: NO_SPELLING };
  const vectors = parts.flatMap((part) => part.vectors);
  const joined: IrEmbedResponse = { ...first, vectors, usage, extras, spelling };
  const written = from.writeResponse(joined, { request, upstreamModel, newId: attempt.world.effects.randomId });
  return { body: written.value, losses: written.losses, usage, model: first.model };
}

// ---------------------------------------------------------------- rerank

function rerank(attempt: LaneContext): Result<Conversion> {
  const { call, lane, egress } = attempt;
  const from = call.ingress.operations.rerank;
  const to = egress.operations.rerank;
  if (from === undefined || to === undefined) throw new Error(`lane ${lane.id} was asked to rerank and cannot`);
  const read = readBody(() => from.readRequest(bodyToTranslate(attempt)));
  if (!read.ok) return read;
  const { value: request, losses } = read.value;
  return guarded(attempt, () => {
    const written = to.writeRequest(request, lane.upstreamModel);
    return {
      bodies: [withEdits(attempt, written.value)],
      losses: [...losses, ...written.losses],
      answer(bodies) {
        const response = to.readResponse(only(bodies));
        const body = from.writeResponse(response, { newId: attempt.world.effects.randomId });
        return { body, losses: [], usage: withoutOutput(response.usage), model: null };
      },
      usageOf: (body) => readable(() => to.readResponse(body).usage),
    };
  });
}

// ---------------------------------------------------------------- count

function count(attempt: LaneContext): Result<Conversion> {
  const { call, lane, egress } = attempt;
  const from = call.ingress.operations.count;
  const to = egress.operations.count;
  if (from === undefined || to === undefined) throw new Error(`lane ${lane.id} was asked to count and cannot`);
  const own = laneBody(attempt, attempt.lane.dialect);
  const read = own === null ? call.ir() : readAgain(call, own);
  if (!read.ok) return read;
  const { value, losses } = read.value;
  return guarded(attempt, () => {
    const request = withSignaturesFor({ ...value, stream: false }, egress.payload, lane, attempt.world.signatures);
    const written = writeFitted(attempt, request, lane.dialect);
    const edited = withEdits(attempt, written.value);
    return {
      bodies: [to.writeRequest?.(edited, lane.upstreamModel) ?? edited],
      losses: [...losses, ...written.losses],
      answer: (bodies) => ({ body: from.writeCount(to.readCount(only(bodies))), losses: [], usage: null, model: null }),
      usageOf: () => null,
    };
  });
}

// ---------------------------------------------------------------- common

/** Vectors and orders are no tokens: what was generated is known to be nothing. */
export function withoutOutput(usage: Usage | null): Usage | null {
  return usage === null ? null : { ...usage, outputTokens: usage.outputTokens ?? 0 };
}

function readable(read: () => Usage | null): Usage | null {
  try {
    return withoutOutput(read());
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function only(bodies: readonly JsonObject[]): JsonObject {
  const [body] = bodies;
  if (body === undefined) throw new WireError("There is no answer.");
  return body;
}

/** What the client sent is no request of its own protocol. */
function readBody<T>(read: () => WithLosses<T>): Result<WithLosses<T>> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof WireError) return failed(failure("invalid-request", error.message));
    throw error;
  }
}

/** What the lane's protocol cannot say at all another lane's may. */
function guarded({ call }: LaneContext, write: () => Conversion): Result<Conversion> {
  try {
    const conversion = write();
    const { losses } = conversion;
    return call.translation !== "lenient" && losses.length > 0 ? lossesRefused(losses) : ok(conversion);
  } catch (error) {
    if (error instanceof WireError) return failed(failure("no-capable-lane", error.message));
    throw error;
  }
}
