// Embeddings by InvokeModel: the bodies of Amazon's and of Cohere's models, both ways.

import { describe, expect, test } from "bun:test";
import type { IrEmbedRequest } from "../../../src/ir/embed.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { embed } from "../../../src/protocols/bedrock/embed.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { embedRequest } from "../../harness/builders.ts";

const TITAN = "amazon.titan-embed-text-v2:0";
const TITAN_1 = "amazon.titan-embed-text-v1";
const TITAN_IMAGE = "amazon.titan-embed-image-v1";
const COHERE_3 = "cohere.embed-english-v3";
const COHERE_4 = "us.cohere.embed-v4:0";

const request = (over: Partial<IrEmbedRequest> = {}): IrEmbedRequest =>
  embedRequest({
    sourceProtocol: "openai",
    inputs: [{ type: "text", text: "hi", title: null }],
    wasString: true,
    ...over,
  });
const image = { type: "image", mediaType: "image/png", data: "aGk=" } as const;

test.each<[string, Partial<IrEmbedRequest>, string, object, string[]]>([
  ["a text for Amazon's", {}, TITAN, { inputText: "hi" }, []],
  ["its length", { dimensions: 256 }, TITAN, { inputText: "hi", dimensions: 256 }, []],
  [
    "what Amazon's cannot say",
    { purpose: "query", truncate: "start", user: "u", extras: { x: 1 }, spelling: NO_SPELLING },
    TITAN,
    { inputText: "hi" },
    ["x", "user", "purpose", "truncate"],
  ],
  [
    "a picture",
    { inputs: [image], dimensions: 384 },
    TITAN_IMAGE,
    { inputImage: "aGk=", embeddingConfig: { outputEmbeddingLength: 384 } },
    [],
  ],
  [
    "texts for Cohere's",
    { inputs: [...request().inputs, ...request().inputs], purpose: "query" },
    COHERE_3,
    { texts: ["hi", "hi"], input_type: "search_query" },
    [],
  ],
  ["no purpose", {}, COHERE_3, { texts: ["hi"], input_type: "search_document" }, ["input_type"]],
  [
    "another purpose",
    { purpose: "question", truncate: "end" },
    COHERE_3,
    { texts: ["hi"], input_type: "search_query", truncate: "END" },
    ["input_type"],
  ],
  [
    "the length of the fourth",
    { dimensions: 512, purpose: "document" },
    COHERE_4,
    { texts: ["hi"], input_type: "search_document", output_dimension: 512 },
    [],
  ],
  [
    "a picture for Cohere's",
    { inputs: [image] },
    COHERE_4,
    { images: ["data:image/png;base64,aGk="], input_type: "image" },
    [],
  ],
])("written: %s", (_name, over, model, body, losses) => {
  const written = embed.writeRequest(request(over), model);
  expect<unknown>(written.value).toEqual(body);
  expect(written.losses.map(({ field }) => field)).toEqual(losses);
});

test.each<[string, Partial<IrEmbedRequest>, string]>([
  ["a length the first has not", { dimensions: 256 }, TITAN_1],
  ["a length the third has not", { dimensions: 256 }, COHERE_3],
  ["token ids for Amazon's", { inputs: [{ type: "tokens", tokens: [1] }] }, TITAN],
  ["token ids for Cohere's", { inputs: [{ type: "tokens", tokens: [1] }] }, COHERE_3],
  ["a picture for a model of texts", { inputs: [image] }, TITAN],
  ["texts and pictures at once", { inputs: [...request().inputs, image] }, COHERE_4],
  ["nothing", { inputs: [] }, TITAN],
])("refused: %s", (_name, over, model) => {
  expect(() => embed.writeRequest(request(over), model)).toThrow(WireError);
});

test.each([
  [TITAN, 1],
  [COHERE_3, 96],
  [COHERE_4, 96],
  ["arn:aws:bedrock:eu-west-1:1:inference-profile/eu.cohere.embed-v4:0", 96],
  ["arn:aws:bedrock:eu-west-1:1:provisioned-model/x", 1],
])("inputs a call of %s takes: %p", (model, max) => {
  expect(embed.inputsMax(model)).toBe(max);
});

describe("its own bodies come back as they were", () => {
  test.each<[string, object, string]>([
    ["Amazon's", { inputText: "hi", dimensions: 512, normalize: true, embeddingTypes: ["float"] }, TITAN],
    [
      "Cohere's",
      { texts: ["a", "b"], input_type: "clustering", truncate: "NONE", embedding_types: ["int8"], max_tokens: 9 },
      COHERE_4,
    ],
    ["a picture", { images: ["data:image/png;base64,aGk="], input_type: "image" }, COHERE_3],
  ])("%s", (_name, body, model) => {
    const read = embed.readRequest({ ...body });
    const written = embed.writeRequest(read.value, model);
    expect<unknown>(written.value).toEqual(body);
    expect([...read.losses, ...written.losses]).toEqual([]);
  });

  test.each([
    [{}],
    [{ inputText: 1 }],
    [{ inputText: "a", inputImage: "aGk=" }],
    [{ texts: [] }],
    [{ inputs: [] }],
    [{ images: ["https://a.invalid/b.png"] }],
  ])("none of them: %p", (body) => {
    expect(() => embed.readRequest(body)).toThrow(WireError);
  });
});

test.each<[string, object, object]>([
  [
    "Amazon's",
    { embedding: [0.5, -1], inputTextTokenCount: 3 },
    { vectors: [{ kind: "float", values: [0.5, -1] }], usage: { freshInputTokens: 3 } },
  ],
  [
    "a plain list",
    { id: "x", embeddings: [[1], [2]], response_type: "embeddings_floats" },
    {
      vectors: [
        { kind: "float", values: [1] },
        { kind: "float", values: [2] },
      ],
      usage: null,
    },
  ],
  ["lists by type", { embeddings: { int8: [[1]], float: [[0.5]] } }, { vectors: [{ kind: "float", values: [0.5] }] }],
  [
    "a list of another type",
    { embeddings: { int8: [[1]] } },
    { vectors: [{ kind: "coded", encoding: "int8", values: [1] }] },
  ],
])("an answer is read: %s", (_name, body, seen) => {
  expect(embed.readResponse({ ...body }, TITAN)).toMatchObject(seen);
});

test.each([[{}], [{ embeddings: [] }], [{ embedding: "x" }], [{ embeddings: [["a"]] }]])("no answer: %p", (body) => {
  expect(() => embed.readResponse(body, TITAN)).toThrow(WireError);
});

test("an answer is written as its client asked", () => {
  const response = {
    sourceProtocol: "openai",
    id: null,
    model: "m",
    vectors: [{ kind: "base64", data: Buffer.from(new Float32Array([0.5, 2]).buffer).toString("base64") }],
    usage: null,
    extras: {},
    spelling: NO_SPELLING,
  } as const;
  const context = { upstreamModel: "m", newId: (length: number) => "0".repeat(length) };
  const titan = embed.readRequest({ inputText: "hi" }).value;
  expect<unknown>(embed.writeResponse(response, { ...context, request: titan }).value).toEqual({
    embedding: [0.5, 2],
    embeddingsByType: { float: [0.5, 2] },
  });
  const cohere = embed.readRequest({
    texts: ["hi"],
    input_type: "search_query",
    embedding_types: ["float", "int8"],
  }).value;
  const written = embed.writeResponse(response, { ...context, request: cohere });
  expect<unknown>(written.value).toEqual({
    id: "0".repeat(24),
    embeddings: { float: [[0.5, 2]] },
    response_type: "embeddings_by_type",
    texts: ["hi"],
  });
  expect(written.losses.map(({ field }) => field)).toEqual(["embeddings.int8"]);
});
