/**
 * Texts and images to vectors: `POST /v2/embed`, and its first version, which differs in what it answers when no encodings
 * are named (docs.cohere.com, embed, read 2026-11-27).
 */

import type { EmbedInput, EmbedPurpose, EmbedVector, IrEmbedRequest, IrEmbedResponse } from "../../ir/embed.ts";
import type { WithLosses } from "../../ir/loss.ts";
import { NO_SPELLING } from "../../ir/request.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { EmbedContext, EmbedOperation } from "../protocol.ts";
import { createLosses, type Losses } from "../shared/losses.ts";
import { readMediaUrl, writeDataUri } from "../shared/media-url.ts";
import {
  extrasOf,
  isNothing,
  modelled,
  needObject,
  nonEmpty,
  readNumber,
  withoutUndefined,
} from "../shared/members.ts";
import { decodeVector, encodeVector } from "../shared/vectors.ts";
import { needList, needText, readTexts } from "./members.ts";
import { answerIdOf } from "./response-writer.ts";
import { readUsage, writeUsage } from "./usage.ts";
import { PROTOCOL, type WireEmbedRequest } from "./wire.ts";

/** "total number of texts must be at most 96": the vendor's errors page. */
const INPUTS_MAX = 96;

export const embed: EmbedOperation = {
  readRequest,
  writeRequest,
  inputsMax: () => INPUTS_MAX,
  readResponse,
  writeResponse,
};

// ---------------------------------------------------------------- request

function readRequest(body: JsonObject): WithLosses<IrEmbedRequest> {
  const texts = readTexts(body["texts"], "texts").map((text): EmbedInput => ({ type: "text", text, title: null }));
  const images = readTexts(body["images"], "images").map((url) => imageInput(url, "images"));
  const mixed = isNothing(body["inputs"]) ? [] : needList(body["inputs"], "inputs").map(readInput);
  const inputs = [...texts, ...images, ...mixed];
  if (inputs.length === 0) throw new WireError("texts, images or inputs must hold something to embed.");
  const type = asText(body["input_type"])?.toLowerCase();
  const purpose = type === undefined ? undefined : PURPOSES.get(type);
  const truncate = TRUNCATIONS.get(asText(body["truncate"])?.toUpperCase() ?? "");
  const isKnown = purpose !== undefined || type === undefined || type === "image";
  const value: IrEmbedRequest = {
    sourceProtocol: PROTOCOL,
    inputs,
    wasString: false,
    purpose: purpose ?? null,
    dimensions: readNumber(body, "output_dimension"),
    encodings: readTexts(body["embedding_types"], "embedding_types"),
    truncate: truncate ?? null,
    user: null,
    extras: isKnown ? extrasOf(body, REQUEST_SHAPE) : { ...extrasOf(body, REQUEST_SHAPE), input_type: type },
    spelling: { body },
  };
  return { value, losses: [] };
}

/** One input is one vector: several texts in it are one text; a text with an image is something only this vendor embeds. */
function readInput(value: unknown, index: number): EmbedInput {
  const path = `inputs[${index}].content`;
  const parts = needList(needObject(value, `inputs[${index}]`)["content"], path).map((part, at) =>
    readInputPart(part, `${path}[${at}]`),
  );
  const [only, ...others] = parts;
  if (only === undefined) throw new WireError(`${path} must hold a text or an image.`);
  if (others.length === 0) return only;
  const texts = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  if (texts.length < parts.length) {
    throw new WireError(`${path} mixes an image with other parts; only a model of the same provider can embed that.`);
  }
  return { type: "text", text: texts.join("\n"), title: null };
}

function readInputPart(value: unknown, path: string): EmbedInput {
  const part = needObject(value, path);
  if (part["type"] === "image_url")
    return imageInput(needText(at(part, "image_url", "url"), `${path}.image_url.url`), path);
  return { type: "text", text: needText(part["text"], `${path}.text`), title: null };
}

function imageInput(url: string, path: string): EmbedInput {
  const source = readMediaUrl(url);
  if (source.kind !== "base64") throw new WireError(`${path} must hold an image as a data URI.`);
  return { type: "image", mediaType: source.mediaType, data: source.data };
}

function writeRequest(request: IrEmbedRequest, upstreamModel: string): WithLosses<JsonObject> {
  const losses = createLosses();
  const own = request.sourceProtocol === PROTOCOL ? asObject(request.spelling["body"]) : undefined;
  if (own === undefined) {
    losses.dropExtras("", request.extras);
    if (request.user !== null) losses.drop("user", "the provider takes no end user");
  }
  const value = withoutUndefined({
    model: upstreamModel,
    ...writeInputs(request, losses),
    input_type: writePurpose(request, own, losses),
    // Other protocols' encodings are made of the numbers here: every digit of them arrives.
    embedding_types: own === undefined ? ["float"] : own["embedding_types"],
    output_dimension: writeDimensions(request, upstreamModel),
    truncate: request.truncate === null ? undefined : request.truncate.toUpperCase(),
    ...(own === undefined ? {} : request.extras),
  } satisfies { readonly [name in keyof WireEmbedRequest]?: unknown });
  return { value, losses: losses.list };
}

/** The plain lists where they say it all; with both kinds, the list that keeps their order. */
function writeInputs({ inputs }: IrEmbedRequest, losses: Losses): JsonObject {
  if (inputs.some((input) => input.type === "text" && input.title !== null)) {
    losses.drop("title", "the provider's inputs have no title");
  }
  const contents = inputs.map((input) => {
    if (input.type === "text") return { type: "text", text: input.text };
    if (input.type === "image") {
      const { mediaType, data } = input;
      return {
        type: "image_url",
        image_url: { url: writeDataUri({ mediaType, data }, "image/png", { native: false }) },
      };
    }
    throw new WireError("Token ids are good only for the tokenizer they come from; send the text instead.");
  });
  const texts = inputs.flatMap((input) => (input.type === "text" ? [input.text] : []));
  if (texts.length === contents.length) return { texts };
  return { inputs: contents.map((content) => ({ content: [content] })) };
}

/** The models want one from version 3 on. A client that says none most often fills or asks a store of documents. */
function writePurpose(request: IrEmbedRequest, own: JsonObject | undefined, losses: Losses): unknown {
  if (own !== undefined) return own["input_type"];
  if (request.purpose === null) {
    losses.approximate("input_type", "not said, so the vectors are made for documents");
    return "search_document";
  }
  const word = PURPOSE_WORDS[request.purpose];
  if (word.less) losses.approximate("input_type", `written as ${word.type}`);
  return word.type;
}

/** Vectors of another length than asked for would not fit the client's store, so this is no loss but a refusal. */
function writeDimensions({ dimensions }: IrEmbedRequest, upstreamModel: string): number | undefined {
  if (dimensions !== null && FIXED_LENGTH.test(upstreamModel)) {
    throw new WireError("This model's vectors have one length only; leave the number of dimensions out.");
  }
  return dimensions ?? undefined;
}

// ---------------------------------------------------------------- answer

function readResponse(body: JsonObject): IrEmbedResponse {
  const { embeddings } = body;
  const vectors = readVectors(embeddings);
  return {
    sourceProtocol: PROTOCOL,
    id: nonEmpty(body["id"]),
    model: nonEmpty(body["model"]),
    vectors,
    usage: readUsage(body["meta"]),
    extras: extrasOf(body, RESPONSE_SHAPE),
    spelling: { embeddings, meta: asObject(body["meta"]), count: vectors.length },
  };
}

/** A list of vectors (first version), or lists by encoding: numbers say most, then their base64, then what is coded. */
function readVectors(value: unknown): EmbedVector[] {
  const plain = asArray(value);
  if (plain !== undefined) return plain.map((each) => ({ kind: "float", values: numbers(each) }));
  const byType = asObject(value) ?? {};
  const floats = asArray(byType["float"]);
  if (floats !== undefined) return floats.map((each) => ({ kind: "float", values: numbers(each) }));
  const texts = asArray(byType["base64"]);
  if (texts !== undefined) return texts.map((each) => ({ kind: "base64", data: needAnswer(asText(each)) }));
  const [encoding, coded] = Object.entries(byType).find(([, list]) => asArray(list) !== undefined) ?? [];
  const list = encoding === undefined ? undefined : asArray(coded);
  if (encoding === undefined || list === undefined) throw new WireError("The provider's answer holds no embeddings.");
  return list.map((each) => ({ kind: "coded", encoding, values: numbers(each) }));
}

function numbers(value: unknown): readonly number[] {
  return needAnswer(asArray(value)).map((each) => needAnswer(asNumber(each)));
}

function needAnswer<T>(value: T | undefined): T {
  if (value === undefined) throw new WireError("The provider's answer holds embeddings that are no vectors.");
  return value;
}

function writeResponse(response: IrEmbedResponse, context: EmbedContext): WithLosses<JsonObject> {
  const losses = createLosses();
  const { request } = context;
  const native = response.sourceProtocol === PROTOCOL;
  // Of an answer put together from several calls, the lists as they came are the first call's only.
  const own = native && response.spelling["count"] === response.vectors.length ? response.spelling : NO_SPELLING;
  const embeddings = own["embeddings"] ?? writeVectors(response, request, losses);
  const texts = request.inputs.flatMap((input) => (input.type === "text" ? [input.text] : []));
  const { tokens, ...billed } = writeUsage(response.usage) ?? {};
  const meta = { api_version: { version: request.encodings.length === 0 ? "1" : "2" }, ...billed };
  if (!native) losses.dropExtras("", response.extras);
  const value = {
    id: (native ? response.id : null) ?? answerIdOf(context.newId),
    embeddings,
    ...(texts.length === 0 ? {} : { texts }),
    meta: own["meta"] ?? meta,
    response_type: Array.isArray(embeddings) ? "embeddings_floats" : "embeddings_by_type",
    ...(native ? response.extras : {}),
  };
  return { value, losses: losses.list };
}

/** Without a wish the first version's plain list: the second refuses such a request. */
function writeVectors({ vectors }: IrEmbedResponse, request: IrEmbedRequest, losses: Losses): unknown {
  if (request.encodings.length === 0) return vectors.map((vector) => floatsOf(vector, losses));
  const byType: Record<string, unknown> = {};
  for (const encoding of request.encodings) {
    if (encoding === "float") byType[encoding] = vectors.map((vector) => floatsOf(vector, losses));
    else if (encoding === "base64") {
      byType[encoding] = vectors.map((each) =>
        each.kind === "base64" ? each.data : encodeVector(floatsOf(each, losses)),
      );
    } else {
      const coded = vectors.flatMap((each) =>
        each.kind === "coded" && each.encoding === encoding ? [each.values] : [],
      );
      if (coded.length === vectors.length) byType[encoding] = coded;
      else losses.drop(`embeddings.${encoding}`, "the model that answered does not give this encoding");
    }
  }
  return byType;
}

function floatsOf(vector: EmbedVector, losses: Losses): readonly number[] {
  if (vector.kind === "base64") return decodeVector(vector.data);
  if (vector.kind === "coded") losses.approximate("embeddings.float", `the numbers are ${vector.encoding}`);
  return vector.values;
}

const PURPOSES: ReadonlyMap<string, EmbedPurpose> = new Map([
  ["search_query", "query"],
  ["search_document", "document"],
  ["classification", "classification"],
  ["clustering", "clustering"],
]);

/** `less`: the vendor has no word for exactly this. */
const PURPOSE_WORDS: Readonly<Record<EmbedPurpose, { readonly type: string; readonly less: boolean }>> = {
  query: { type: "search_query", less: false },
  document: { type: "search_document", less: false },
  classification: { type: "classification", less: false },
  clustering: { type: "clustering", less: false },
  similarity: { type: "clustering", less: true },
  question: { type: "search_query", less: true },
  "fact-verification": { type: "search_query", less: true },
  "code-query": { type: "search_query", less: true },
};

const TRUNCATIONS: ReadonlyMap<string, "none" | "start" | "end"> = new Map([
  ["NONE", "none"],
  ["START", "start"],
  ["END", "end"],
]);

/** Only embed-v4 and later cut their vectors to a wished length. */
const FIXED_LENGTH = /embed-(english|multilingual)\b/;

const REQUEST_SHAPE = modelled(
  "model",
  "texts",
  "images",
  "inputs",
  "input_type",
  "output_dimension",
  "embedding_types",
  "truncate",
);
const RESPONSE_SHAPE = modelled("id", "model", "embeddings", "texts", "meta", "response_type");
