/**
 * Texts to vectors: `embedContent` for one, `batchEmbedContents` for several (ai.google.dev/api/embeddings, read
 * 2026-11-27). A request is written as a batch, but for a client of this protocol that sent one alone.
 */
import type { EmbedInput, EmbedPurpose, EmbedVector, IrEmbedRequest, IrEmbedResponse } from "../../ir/embed.ts";
import type { WithLosses } from "../../ir/loss.ts";
import { type Extras, NO_SPELLING } from "../../ir/request.ts";
import { asArray, asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { EmbedContext, EmbedOperation } from "../protocol.ts";
import { createLosses, type Losses } from "../shared/losses.ts";
import { decodeVector } from "../shared/vectors.ts";
import {
  extrasOf,
  isAnything,
  isNumber,
  isText,
  mergeMembers,
  needList,
  needObject,
  type Shape,
  spelled,
} from "./members.ts";
import { readUsage, writeUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

/** The vendor's own limit for a batch. */
const INPUTS_MAX = 100;

export const embed: EmbedOperation = {
  readRequest,
  writeRequest,
  inputsMax: () => INPUTS_MAX,
  readResponse,
  writeResponse,
};

const TASKS = {
  query: "RETRIEVAL_QUERY",
  document: "RETRIEVAL_DOCUMENT",
  similarity: "SEMANTIC_SIMILARITY",
  classification: "CLASSIFICATION",
  clustering: "CLUSTERING",
  question: "QUESTION_ANSWERING",
  "fact-verification": "FACT_VERIFICATION",
  "code-query": "CODE_RETRIEVAL_QUERY",
} as const satisfies Record<EmbedPurpose, string>;

const PURPOSES: ReadonlyMap<string, EmbedPurpose> = new Map(
  Object.entries(TASKS).flatMap(([purpose, task]) => (isPurpose(purpose) ? [[task, purpose] as const] : [])),
);

function isPurpose(word: string): word is EmbedPurpose {
  return Object.hasOwn(TASKS, word);
}

// ---------------------------------------------------------------- requests

function readRequest(given: JsonObject): WithLosses<IrEmbedRequest> {
  const body = spelled(given);
  const losses = createLosses();
  const requests = body["requests"];
  const wasString = requests === undefined;
  const list = wasString
    ? [body]
    : needList(requests, "requests").map((each, index) => needObject(each, `requests[${index}]`));
  const [first] = list;
  if (first === undefined) throw new WireError("requests must name at least one text.");
  const options = readOptions(first);
  const inputs = list.map((each, index) => {
    if (!isSame(readOptions(each), options)) {
      losses.approximate(`requests[${index}]`, "asked for in another way than the first one, which decides for all");
    }
    return readInput(each, wasString ? "content" : `requests[${index}].content`);
  });
  const extras = wasString ? options.extras : { ...options.extras, ...extrasOf(body, { requests: isAnything }) };
  return {
    value: {
      sourceProtocol: PROTOCOL,
      inputs,
      wasString,
      purpose: options.purpose,
      dimensions: options.dimensions,
      encodings: ["float"],
      truncate: null,
      user: null,
      extras,
      spelling: NO_SPELLING,
    },
    losses: losses.list,
  };
}

interface Options {
  readonly purpose: EmbedPurpose | null;
  readonly dimensions: number | null;
  readonly extras: Extras;
}

const isTask = (value: unknown): boolean => typeof value === "string" && PURPOSES.has(value);
const REQUEST_SHAPE: Shape = {
  model: isAnything,
  content: isAnything,
  title: isText,
  taskType: isTask,
  outputDimensionality: isNumber,
};

function readOptions(request: JsonObject): Options {
  return {
    purpose: PURPOSES.get(asText(request["taskType"]) ?? "") ?? null,
    dimensions: asNumber(request["outputDimensionality"]) ?? null,
    extras: extrasOf(request, REQUEST_SHAPE),
  };
}

function isSame(left: Options, right: Options): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Several texts of one content are one text to the model. */
function readInput(request: JsonObject, path: string): EmbedInput {
  const content = needObject(request["content"], path);
  const parts = needList(content["parts"], `${path}.parts`).map((part, index) => {
    return needObject(part, `${path}.parts[${index}]`);
  });
  const [only, ...more] = parts;
  const inline = more.length === 0 ? asObject(only?.["inlineData"] ?? only?.["inline_data"]) : undefined;
  const data = asText(inline?.["data"]);
  if (data !== undefined) return { type: "image", mediaType: asText(spelled(inline ?? {})["mimeType"]) ?? null, data };
  const texts = parts.map((part, index) => {
    const text = asText(part["text"]);
    if (text === undefined) throw new WireError(`${path}.parts[${index}].text must be a string.`);
    return text;
  });
  return { type: "text", text: texts.join("\n"), title: asText(request["title"]) ?? null };
}

function writeRequest(request: IrEmbedRequest, upstreamModel: string): WithLosses<JsonObject> {
  const losses = createLosses();
  const native = request.sourceProtocol === PROTOCOL;
  const model = /^(models|tunedModels)\//.test(upstreamModel) ? upstreamModel : `models/${upstreamModel}`;
  const common = {
    ...(request.purpose === null ? {} : { taskType: TASKS[request.purpose] }),
    ...(request.dimensions === null ? {} : { outputDimensionality: request.dimensions }),
  };
  const requests = request.inputs.map((input, index) => {
    const written = { model, ...writeInput(input, `input[${index}]`, request.purpose, losses), ...common };
    return native ? mergeMembers(written, request.extras) : written;
  });
  if (!native) {
    losses.dropExtras("", request.extras);
    if (request.user !== null) losses.drop("user", "the Gemini API has no such option");
    if (request.truncate === "start" || request.truncate === "none") {
      losses.drop("truncate", "the vendor decides what becomes of a text that is too long");
    }
    const coded = request.encodings.filter((word) => word !== "float" && word !== "base64");
    if (coded.length > 0) losses.drop("encoding_format", "the vendor only writes numbers");
  }
  const [only] = requests;
  if (native && request.wasString && only !== undefined) return { value: only, losses: losses.list };
  return { value: { requests }, losses: losses.list };
}

/** A title is only taken for documents. */
function writeInput(input: EmbedInput, path: string, purpose: EmbedPurpose | null, losses: Losses): JsonObject {
  switch (input.type) {
    case "text": {
      const hasTitle = input.title !== null && purpose === "document";
      if (input.title !== null && !hasTitle) losses.drop(`${path}.title`, "only documents have a title");
      return { content: { parts: [{ text: input.text }] }, ...(hasTitle ? { title: input.title } : {}) };
    }
    case "image": {
      const mimeType = input.mediaType ?? "image/png";
      return { content: { parts: [{ inlineData: { mimeType, data: input.data } }] } };
    }
    case "tokens":
      throw new WireError("This model takes texts, not token ids. Send the text itself.");
  }
}

// ---------------------------------------------------------------- answers

const ANSWER_SHAPE: Shape = { embedding: isAnything, embeddings: isAnything, usageMetadata: isAnything };

function readResponse(given: JsonObject): IrEmbedResponse {
  const body = spelled(given);
  const embeddings = body["embeddings"] === undefined ? [body["embedding"]] : asArray(body["embeddings"]);
  if (embeddings === undefined) throw new WireError("The answer has no embeddings.");
  return {
    sourceProtocol: PROTOCOL,
    id: null,
    model: null,
    vectors: embeddings.map((each) => ({ kind: "float", values: readValues(each) })),
    usage: readUsage(body["usageMetadata"]),
    extras: extrasOf(body, ANSWER_SHAPE),
    spelling: NO_SPELLING,
  };
}

function readValues(embedding: unknown): number[] {
  const values = asArray(asObject(embedding)?.["values"]);
  if (values === undefined) throw new WireError("The answer has no embedding values.");
  return values.map((value) => {
    const number = asNumber(value);
    if (number === undefined) throw new WireError("An embedding holds something that is no number.");
    return number;
  });
}

function writeResponse(response: IrEmbedResponse, { request }: EmbedContext): WithLosses<JsonObject> {
  const losses = createLosses();
  const vectors = response.vectors.map((vector) => ({ values: numbersOf(vector, losses) }));
  const [only] = vectors;
  const isAlone = request.wasString && request.sourceProtocol === PROTOCOL && only !== undefined;
  const usage = writeUsage(response.usage);
  const answer = {
    ...(isAlone ? { embedding: only } : { embeddings: vectors }),
    ...(usage === null ? {} : { usageMetadata: usage }),
  };
  if (response.sourceProtocol === PROTOCOL)
    return { value: mergeMembers(answer, response.extras), losses: losses.list };
  losses.dropExtras("", response.extras);
  return { value: answer, losses: losses.list };
}

function numbersOf(vector: EmbedVector, losses: Losses): readonly number[] {
  if (vector.kind === "base64") return decodeVector(vector.data);
  if (vector.kind === "coded") {
    losses.drop("embeddings", `numbers in ${vector.encoding} have no place in this protocol`);
  }
  return vector.values;
}
