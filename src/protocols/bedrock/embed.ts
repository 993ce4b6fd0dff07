/**
 * Texts and images to vectors by InvokeModel, whose bodies are each model family's own: Amazon's, one input a call, and
 * Cohere's, a list (docs.aws.amazon.com, Bedrock user guide, "Amazon Titan Embeddings Text", "Amazon Titan Multimodal
 * Embeddings G1" and "Cohere Embed", read 2026-11).
 */

import type { EmbedInput, EmbedPurpose, EmbedVector, IrEmbedRequest, IrEmbedResponse } from "../../ir/embed.ts";
import type { WithLosses } from "../../ir/loss.ts";
import { NO_SPELLING } from "../../ir/request.ts";
import { tokenCount, UNKNOWN_USAGE } from "../../ir/usage.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { EmbedContext, EmbedOperation } from "../protocol.ts";
import { createLosses, type Losses } from "../shared/losses.ts";
import { readMediaUrl } from "../shared/media-url.ts";
import { decodeVector } from "../shared/vectors.ts";
import { PROTOCOL } from "./wire.ts";

/** Of Cohere's models; Amazon's take one. */
const INPUTS_MAX = 96;

export const embed: EmbedOperation = {
  readRequest: (body) => (isCohere(body) ? readCohere(body) : readTitan(body)),
  writeRequest: (request, model) =>
    COHERE_MODEL.test(model) ? writeCohere(request, model) : writeTitan(request, model),
  inputsMax: (model) => (COHERE_MODEL.test(model) ? INPUTS_MAX : 1),
  readResponse: (body) => ("embedding" in body ? readTitanAnswer(body) : readCohereAnswer(body)),
  // A client of Amazon's models asks for one vector alone.
  writeResponse: (response, context) =>
    context.request.sourceProtocol === PROTOCOL && !context.request.wasString
      ? writeCohereAnswer(response, context)
      : writeTitanAnswer(response),
};

/** Members that only a body for an embedding has, by which it is told from a conversation at the same path. */
export const EMBED_MEMBERS = ["inputText", "inputImage", "texts", "images", "inputs"] as const;

/** As in `cohere.embed-english-v3`, `us.cohere.embed-v4:0` and ARNs of them. */
const COHERE_MODEL = /\bcohere\.embed/;
/** Only this one has a length of its own choosing; the first has none. */
const TITAN_LENGTHS = /titan-embed-text-v2/;
const TITAN_IMAGE = /titan-embed-image/;

function isCohere(body: JsonObject): boolean {
  return "texts" in body || "images" in body || "inputs" in body;
}

// ---------------------------------------------------------------- Amazon

const TITAN_REQUEST: ReadonlySet<string> = new Set([
  "inputText",
  "inputImage",
  "dimensions",
  "embeddingTypes",
  "embeddingConfig",
]);

function readTitan(body: JsonObject): WithLosses<IrEmbedRequest> {
  const text = asText(body["inputText"]);
  const image = asText(body["inputImage"]);
  if (text !== undefined && image !== undefined) {
    throw new WireError("inputText and inputImage together are one vector, which only a model of this family makes.");
  }
  const input: EmbedInput | null =
    text !== undefined
      ? { type: "text", text, title: null }
      : image !== undefined
        ? { type: "image", mediaType: null, data: image }
        : null;
  if (input === null) throw new WireError("inputText must be a string.");
  const dimensions = asNumber(body["dimensions"]) ?? asNumber(at(body, "embeddingConfig", "outputEmbeddingLength"));
  return {
    value: {
      sourceProtocol: PROTOCOL,
      inputs: [input],
      wasString: true,
      purpose: null,
      dimensions: dimensions ?? null,
      encodings: texts(body["embeddingTypes"]),
      truncate: null,
      user: null,
      extras: without(body, TITAN_REQUEST),
      spelling: NO_SPELLING,
    },
    losses: [],
  };
}

function writeTitan(request: IrEmbedRequest, model: string): WithLosses<JsonObject> {
  const losses = lossesOf(request);
  const [input] = request.inputs;
  if (input === undefined) throw new WireError("There is nothing to embed.");
  if (request.purpose !== null && request.purpose !== "document")
    losses.drop("purpose", "the model makes one kind of vector for all");
  if (request.truncate === "none" || request.truncate === "start")
    losses.drop("truncate", "the model decides what becomes of a text that is too long");
  if (input.type === "text" && input.title !== null) losses.drop("title", "the model's inputs have no title");
  const value = {
    ...titanInput(input, model),
    ...titanLength(request.dimensions, model),
    ...(request.sourceProtocol === PROTOCOL && request.encodings.length > 0
      ? { embeddingTypes: request.encodings }
      : {}),
    ...(request.sourceProtocol === PROTOCOL && request.wasString ? request.extras : {}),
  };
  return { value, losses: losses.list };
}

function titanInput(input: EmbedInput, model: string): JsonObject {
  switch (input.type) {
    case "text":
      return { inputText: input.text };
    case "image":
      if (!TITAN_IMAGE.test(model)) throw new WireError("This model embeds texts only.");
      return { inputImage: input.data };
    case "tokens":
      throw new WireError("Token ids are good only for the tokenizer they come from; send the text instead.");
  }
}

/** Vectors of another length than asked for would not fit the client's store, so this is no loss but a refusal. */
function titanLength(dimensions: number | null, model: string): JsonObject {
  if (dimensions === null) return {};
  if (TITAN_LENGTHS.test(model)) return { dimensions };
  if (TITAN_IMAGE.test(model)) return { embeddingConfig: { outputEmbeddingLength: dimensions } };
  throw new WireError("This model's vectors have one length only; leave the number of dimensions out.");
}

function readTitanAnswer(body: JsonObject): IrEmbedResponse {
  const tokens = tokenCount(body["inputTextTokenCount"]);
  const { embedding: _embedding, inputTextTokenCount: _count, ...extras } = body;
  const binary = asArray(at(body, "embeddingsByType", "binary"));
  const hasFloat = asArray(body["embedding"]) !== undefined;
  const vector: EmbedVector =
    !hasFloat && binary !== undefined
      ? { kind: "coded", encoding: "binary", values: numbers(binary) }
      : { kind: "float", values: numbers(body["embedding"]) };
  return {
    sourceProtocol: PROTOCOL,
    id: null,
    model: null,
    vectors: [vector],
    usage: tokens === null ? null : { ...UNKNOWN_USAGE, freshInputTokens: tokens },
    extras,
    spelling: NO_SPELLING,
  };
}

function writeTitanAnswer(response: IrEmbedResponse): WithLosses<JsonObject> {
  const losses = createLosses();
  const [vector] = response.vectors;
  if (vector === undefined) throw new WireError("The answer holds no vector.");
  const embedding = floatsOf(vector, losses);
  const native = response.sourceProtocol === PROTOCOL;
  if (!native) losses.dropExtras("", response.extras);
  const tokens = response.usage?.freshInputTokens ?? null;
  const value = {
    embedding,
    embeddingsByType: { float: embedding },
    ...(tokens === null ? {} : { inputTextTokenCount: tokens }),
    ...(native ? response.extras : {}),
  };
  return { value, losses: losses.list };
}

// ---------------------------------------------------------------- Cohere

const COHERE_REQUEST: ReadonlySet<string> = new Set([
  "texts",
  "images",
  "input_type",
  "truncate",
  "embedding_types",
  "output_dimension",
]);

function readCohere(body: JsonObject): WithLosses<IrEmbedRequest> {
  if ("inputs" in body) {
    throw new WireError("inputs of several parts are one vector, which only a model of this family makes.");
  }
  const inputs: EmbedInput[] = [
    ...texts(body["texts"]).map((text): EmbedInput => ({ type: "text", text, title: null })),
    ...texts(body["images"]).map(readImage),
  ];
  if (inputs.length === 0) throw new WireError("texts must hold something to embed.");
  const type = asText(body["input_type"]) ?? "";
  const known = PURPOSES.get(type) ?? null;
  return {
    value: {
      sourceProtocol: PROTOCOL,
      inputs,
      wasString: false,
      purpose: known,
      dimensions: asNumber(body["output_dimension"]) ?? null,
      encodings: texts(body["embedding_types"]),
      truncate: TRUNCATIONS.get(asText(body["truncate"]) ?? "") ?? null,
      user: null,
      extras: without(body, known === null ? WITHOUT_TYPE : COHERE_REQUEST),
      spelling: NO_SPELLING,
    },
    losses: [],
  };
}

/** A word that the IR has none for (`image`) goes along as it is. */
const WITHOUT_TYPE: ReadonlySet<string> = new Set([...COHERE_REQUEST].filter((name) => name !== "input_type"));

function readImage(uri: string): EmbedInput {
  const source = readMediaUrl(uri);
  if (source.kind !== "base64" || source.data === "") throw new WireError("images must hold data URIs.");
  return { type: "image", mediaType: source.mediaType, data: source.data };
}

function writeCohere(request: IrEmbedRequest, model: string): WithLosses<JsonObject> {
  const losses = lossesOf(request);
  const native = request.sourceProtocol === PROTOCOL && !request.wasString;
  const words: string[] = [];
  const images: string[] = [];
  for (const input of request.inputs) {
    if (input.type === "tokens")
      throw new WireError("Token ids are good only for the tokenizer they come from; send the text instead.");
    if (input.type === "image") images.push(`data:${input.mediaType ?? "image/png"};base64,${input.data}`);
    else words.push(input.text);
    if (input.type === "text" && input.title !== null) losses.drop("title", "the model's inputs have no title");
  }
  if (words.length > 0 && images.length > 0)
    throw new WireError("This model embeds texts or images, not both at once.");
  if (request.dimensions !== null && !/embed-v[4-9]/.test(model)) {
    throw new WireError("This model's vectors have one length only; leave the number of dimensions out.");
  }
  const value = {
    ...(images.length > 0 ? { images } : { texts: words }),
    input_type: images.length > 0 ? "image" : writePurpose(request, losses),
    ...(request.truncate === null ? {} : { truncate: request.truncate.toUpperCase() }),
    ...(request.dimensions === null ? {} : { output_dimension: request.dimensions }),
    ...(native && request.encodings.length > 0 ? { embedding_types: request.encodings } : {}),
    ...(native ? request.extras : {}),
  };
  return { value, losses: losses.list };
}

/** The models want one. A client that says none most often fills or asks a store of documents. */
function writePurpose({ purpose }: IrEmbedRequest, losses: Losses): string {
  if (purpose === null) {
    losses.approximate("input_type", "not said, so the vectors are made for documents");
    return "search_document";
  }
  const word = PURPOSE_WORDS[purpose];
  if (PURPOSES.get(word) !== purpose) losses.approximate("input_type", `written as ${word}`);
  return word;
}

const PURPOSES: ReadonlyMap<string, EmbedPurpose> = new Map([
  ["search_query", "query"],
  ["search_document", "document"],
  ["classification", "classification"],
  ["clustering", "clustering"],
]);

const PURPOSE_WORDS = {
  query: "search_query",
  document: "search_document",
  classification: "classification",
  clustering: "clustering",
  similarity: "clustering",
  question: "search_query",
  "fact-verification": "search_query",
  "code-query": "search_query",
} as const satisfies Record<EmbedPurpose, string>;

/** The older models say LEFT and RIGHT. */
const TRUNCATIONS: ReadonlyMap<string, "none" | "start" | "end"> = new Map([
  ["NONE", "none"],
  ["START", "start"],
  ["LEFT", "start"],
  ["END", "end"],
  ["RIGHT", "end"],
]);

function readCohereAnswer(body: JsonObject): IrEmbedResponse {
  const { embeddings: given, id, texts: _texts, ...extras } = body;
  const lists = asArray(given) ?? asArray(at(given, "float"));
  const coded = Object.entries(asObject(given) ?? {})[0];
  const vectors: EmbedVector[] =
    lists !== undefined
      ? lists.map((values) => ({ kind: "float", values: numbers(values) }))
      : (asArray(coded?.[1]) ?? []).map((values) => ({
          kind: "coded",
          encoding: coded?.[0] ?? "",
          values: numbers(values),
        }));
  if (vectors.length === 0) throw new WireError("The answer holds no vectors.");
  return {
    sourceProtocol: PROTOCOL,
    id: asText(id) ?? null,
    model: null,
    vectors,
    usage: null,
    extras,
    spelling: NO_SPELLING,
  };
}

function writeCohereAnswer(response: IrEmbedResponse, { request, newId }: EmbedContext): WithLosses<JsonObject> {
  const losses = createLosses();
  if (response.sourceProtocol !== PROTOCOL) losses.dropExtras("", response.extras);
  const floats = response.vectors.map((vector) => floatsOf(vector, losses));
  const byType = request.encodings.length > 0;
  const missing = request.encodings.filter((encoding) => encoding !== "float");
  for (const encoding of missing) losses.drop(`embeddings.${encoding}`, "the model that answered gives numbers");
  const words = request.inputs.flatMap((input) => (input.type === "text" ? [input.text] : []));
  const value = {
    id: response.id ?? newId(ID_CHARS),
    embeddings: byType ? { float: floats } : floats,
    response_type: byType ? "embeddings_by_type" : "embeddings_floats",
    ...(words.length === 0 ? {} : { texts: words }),
  };
  return { value, losses: losses.list };
}

const ID_CHARS = 24;

// ---------------------------------------------------------------- common

function lossesOf(request: IrEmbedRequest): Losses {
  const losses = createLosses();
  if (request.sourceProtocol !== PROTOCOL) losses.dropExtras("", request.extras);
  if (request.user !== null) losses.drop("user", "the service takes no end user");
  return losses;
}

function floatsOf(vector: EmbedVector, losses: Losses): readonly number[] {
  switch (vector.kind) {
    case "float":
      return vector.values;
    case "base64":
      return decodeVector(vector.data);
    case "coded":
      losses.approximate("embedding", `the numbers are ${vector.encoding}`);
      return vector.values;
  }
}

function numbers(value: unknown): readonly number[] {
  const list = asArray(value);
  if (list === undefined) throw new WireError("The answer holds an embedding that is no vector.");
  return list.map((each) => {
    const number = asNumber(each);
    if (number === undefined) throw new WireError("An embedding holds something that is no number.");
    return number;
  });
}

function texts(value: unknown): readonly string[] {
  return (asArray(value) ?? []).flatMap((each) => asText(each) ?? []);
}

function without(body: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.has(name)));
}
