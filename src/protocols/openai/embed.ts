/**
 * Texts to vectors: `POST /v1/embeddings` (platform.openai.com, create embeddings, read 2026-11-27), the shape nearly every
 * vendor and server of embeddings took over, with members of their own beside it.
 */

import type { EmbedInput, EmbedVector, IrEmbedRequest, IrEmbedResponse } from "../../ir/embed.ts";
import type { WithLosses } from "../../ir/loss.ts";
import { NO_SPELLING } from "../../ir/request.ts";
import { inputTokens, tokenCount, UNKNOWN_USAGE, type Usage } from "../../ir/usage.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { EmbedContext, EmbedOperation } from "../protocol.ts";
import { createLosses, type Losses } from "../shared/losses.ts";
import { extrasOf, modelled, withoutUndefined } from "../shared/members.ts";
import { decodeVector, encodeVector } from "../shared/vectors.ts";
import { PROTOCOL, type WireEmbedRequest, type WireEmbedResponse } from "./wire.ts";

/** The vendor's own bound on the list. */
const INPUTS_MAX = 2048;

export const embed: EmbedOperation = {
  readRequest,
  writeRequest,
  inputsMax: () => INPUTS_MAX,
  readResponse,
  writeResponse,
};

// ---------------------------------------------------------------- request

function readRequest(body: JsonObject): WithLosses<IrEmbedRequest> {
  const { inputs, wasString } = readInputs(body["input"]);
  const encoding = asText(body["encoding_format"]);
  const value: IrEmbedRequest = {
    sourceProtocol: PROTOCOL,
    inputs,
    wasString,
    purpose: null,
    dimensions: readDimensions(body["dimensions"]),
    encodings: encoding === undefined ? [] : [encoding],
    truncate: null,
    user: asText(body["user"]) ?? null,
    extras: extrasOf(body, REQUEST_SHAPE),
    spelling: NO_SPELLING,
  };
  return { value, losses: [] };
}

/** A text, texts, the ids of one text's tokens, or such lists of ids. */
function readInputs(input: unknown): Pick<IrEmbedRequest, "inputs" | "wasString"> {
  const text = asText(input);
  if (text !== undefined) return { inputs: [{ type: "text", text, title: null }], wasString: true };
  const list = asArray(input);
  if (list === undefined || list.length === 0) {
    throw new WireError("input must be a string, an array of strings, or an array of token ids.");
  }
  if (typeof list[0] === "number")
    return { inputs: [{ type: "tokens", tokens: readTokens(list, "input") }], wasString: true };
  const inputs = list.map((each, index): EmbedInput => {
    const said = asText(each);
    if (said !== undefined) return { type: "text", text: said, title: null };
    return { type: "tokens", tokens: readTokens(each, `input[${index}]`) };
  });
  return { inputs, wasString: false };
}

function readTokens(value: unknown, path: string): number[] {
  const tokens = (asArray(value) ?? []).map(tokenCount);
  if (tokens.length === 0 || tokens.includes(null)) throw new WireError(`${path} must be a string or token ids.`);
  return tokens.filter((token) => token !== null);
}

function readDimensions(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const dimensions = asNumber(value);
  if (dimensions === undefined) throw new WireError("dimensions must be a number.");
  return dimensions;
}

function writeRequest(request: IrEmbedRequest, upstreamModel: string): WithLosses<JsonObject> {
  const native = request.sourceProtocol === PROTOCOL;
  const losses = createLosses();
  if (!native) loseOthers(request, losses);
  const inputs = request.inputs.map(writeInput);
  const [only] = inputs;
  const value = withoutUndefined({
    model: upstreamModel,
    input: request.wasString && inputs.length === 1 && only !== undefined ? only : inputs,
    // Other protocols' encodings are made of the numbers here: every digit of them arrives.
    encoding_format: native ? request.encodings[0] : undefined,
    dimensions: request.dimensions ?? undefined,
    user: request.user ?? undefined,
    ...(native ? request.extras : {}),
  } satisfies { readonly [name in keyof WireEmbedRequest]?: unknown });
  return { value, losses: losses.list };
}

function writeInput(input: EmbedInput): string | readonly number[] {
  if (input.type === "text") return input.text;
  if (input.type === "tokens") return input.tokens;
  throw new WireError("This provider embeds text only; send images to a model that takes them.");
}

function loseOthers(request: IrEmbedRequest, losses: Losses): void {
  if (request.purpose !== null) losses.drop("input_type", "the provider makes one kind of vector");
  const isTitled = request.inputs.some((input) => input.type === "text" && input.title !== null);
  if (isTitled) losses.drop("title", "the provider's inputs have no title");
  // An input that is too long is refused, which is what `none` asks for.
  if (request.truncate !== null && request.truncate !== "none") {
    losses.drop("truncate", "the provider refuses an input that is too long");
  }
  losses.dropExtras("", request.extras);
}

// ---------------------------------------------------------------- answer

function readResponse(body: JsonObject): IrEmbedResponse {
  const list = asArray(body["data"]);
  if (list === undefined) throw new WireError("The provider's answer holds no embeddings.");
  const placed = list.map((each, position) => ({
    index: asNumber(at(each, "index")) ?? position,
    vector: readVector(at(each, "embedding")),
  }));
  return {
    sourceProtocol: PROTOCOL,
    id: asText(body["id"]) ?? null,
    model: asText(body["model"]) ?? null,
    vectors: placed.toSorted((left, right) => left.index - right.index).map(({ vector }) => vector),
    usage: readUsage(body["usage"]),
    extras: extrasOf(body, RESPONSE_SHAPE),
    spelling: { usage: asObject(body["usage"]) },
  };
}

function readVector(value: unknown): EmbedVector {
  const data = asText(value);
  if (data !== undefined) return { kind: "base64", data };
  const values = (asArray(value) ?? []).map(asNumber);
  if (values.length === 0 || values.includes(undefined)) {
    throw new WireError("The provider's answer holds an embedding that is no vector.");
  }
  return { kind: "float", values: values.filter((each) => each !== undefined) };
}

function readUsage(value: unknown): Usage | null {
  const tokens = tokenCount(asNumber(at(value, "prompt_tokens"))) ?? tokenCount(asNumber(at(value, "total_tokens")));
  return tokens === null ? null : { ...UNKNOWN_USAGE, freshInputTokens: tokens };
}

/** Unknown tokens are written as 0: the vendor's type has no other word, and clients add them up. */
function writeResponse(response: IrEmbedResponse, context: EmbedContext): WithLosses<JsonObject> {
  const native = response.sourceProtocol === PROTOCOL;
  const losses = createLosses();
  if (!native) losses.dropExtras("", response.extras);
  const isText = context.request.encodings[0] === "base64";
  const tokens = response.usage === null ? null : inputTokens(response.usage);
  if (tokens === null) losses.approximate("usage.prompt_tokens", "not reported, so it is written as 0");
  const wire = {
    object: "list",
    data: response.vectors.map((vector, index) => ({
      object: "embedding" as const,
      index,
      embedding: isText ? textOf(vector, losses) : floatsOf(vector, losses),
    })),
    model: response.model ?? context.upstreamModel,
    usage: { prompt_tokens: tokens ?? 0, total_tokens: tokens ?? 0 },
  } satisfies Omit<WireEmbedResponse, "data"> & { readonly data: readonly object[] };
  // Of an answer put together from several calls, the counts as they came are the first call's only.
  const counted = asObject(response.spelling["usage"]);
  const usage = native && asNumber(counted?.["prompt_tokens"]) === tokens ? (counted ?? wire.usage) : wire.usage;
  return { value: { ...wire, usage, ...(native ? response.extras : {}) }, losses: losses.list };
}

function textOf(vector: EmbedVector, losses: Losses): string {
  return vector.kind === "base64" ? vector.data : encodeVector(floatsOf(vector, losses));
}

function floatsOf(vector: EmbedVector, losses: Losses): readonly number[] {
  if (vector.kind === "base64") return decodeVector(vector.data);
  if (vector.kind === "coded") losses.approximate("data[].embedding", `the numbers are ${vector.encoding}`);
  return vector.values;
}

const REQUEST_SHAPE = modelled("model", "input", "encoding_format", "dimensions", "user");
const RESPONSE_SHAPE = modelled("id", "object", "data", "model", "usage");
