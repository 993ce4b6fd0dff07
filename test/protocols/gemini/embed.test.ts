// Embeddings, both ways: one text or a batch, what they are for, and vectors in every form.

import { describe, expect, test } from "bun:test";
import type { EmbedInput, IrEmbedRequest } from "../../../src/ir/embed.ts";
import { EMBED_PURPOSES } from "../../../src/ir/embed.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { at } from "../../../src/std/json.ts";
import { embedRequest } from "../../harness/builders.ts";
import { operations } from "./builders.ts";

const { embed } = operations;
if (embed === undefined) throw new Error("no embeddings");

const texts = (...given: readonly string[]): EmbedInput[] => given.map((text) => ({ type: "text", text, title: null }));
const request = (over: Partial<IrEmbedRequest> = {}): IrEmbedRequest =>
  embedRequest({ sourceProtocol: "openai", inputs: texts("a", "b"), ...over });
const content = (text: string) => ({ parts: [{ text }] });
const context = (given: IrEmbedRequest) => ({ request: given, upstreamModel: "m", newId: () => "" });

describe("requests", () => {
  test("one text", () => {
    const body = {
      model: "models/m",
      content: content("a"),
      taskType: "RETRIEVAL_DOCUMENT",
      title: "t",
      outputDimensionality: 256,
    };
    const { value } = embed.readRequest(body);
    expect(value).toMatchObject({
      wasString: true,
      inputs: [{ text: "a", title: "t" }],
      purpose: "document",
      dimensions: 256,
      extras: {},
    });
    expect(embed.writeRequest(value, "m").value).toEqual(body);
  });

  test("a batch", () => {
    const body = {
      requests: [
        { model: "models/m", content: content("a"), taskType: "CLUSTERING" },
        { model: "models/m", content: content("b"), taskType: "CLUSTERING" },
      ],
    };
    const { value, losses } = embed.readRequest(body);
    expect([value.wasString, value.purpose, losses]).toEqual([false, "clustering", []]);
    expect(embed.writeRequest(value, "m").value).toEqual(body);
  });

  test("the first of a batch decides for all, and the others tell a loss", () => {
    const { losses } = embed.readRequest({
      requests: [{ content: content("a"), taskType: "CLUSTERING" }, { content: content("b") }],
    });
    expect(losses.map(({ field, how }) => `${field} ${how}`)).toEqual(["requests[1] approximated"]);
  });

  test("names in either spelling, and what nobody models", () => {
    const { value } = embed.readRequest({
      content: content("a"),
      task_type: "RETRIEVAL_QUERY",
      output_dimensionality: 8,
      vendorX: 1,
    });
    expect(value).toMatchObject({ purpose: "query", dimensions: 8, extras: { vendorX: 1 } });
  });

  test.each([...EMBED_PURPOSES])("for %s, there and back", (purpose) => {
    const { value } = embed.writeRequest(request({ purpose }), "m");
    expect(embed.readRequest(value).value.purpose).toBe(purpose);
  });

  test("for other clients always a batch, with what has no place told", () => {
    const { value, losses } = embed.writeRequest(
      request({
        wasString: true,
        user: "u",
        truncate: "start",
        encodings: ["int8"],
        extras: { x: 1 },
        spelling: NO_SPELLING,
      }),
      "tunedModels/t",
    );
    expect(at(value, "requests", 0)).toEqual({ model: "tunedModels/t", content: content("a") });
    expect(losses.map(({ field }) => field).toSorted()).toEqual(["encoding_format", "truncate", "user", "x"]);
  });

  test("pictures pass, token ids do not", () => {
    const { value } = embed.writeRequest(
      request({ inputs: [{ type: "image", mediaType: "image/jpeg", data: "AA==" }] }),
      "m",
    );
    expect(embed.readRequest(value).value.inputs).toEqual([{ type: "image", mediaType: "image/jpeg", data: "AA==" }]);
    expect(() => embed.writeRequest(request({ inputs: [{ type: "tokens", tokens: [1] }] }), "m")).toThrow("token ids");
  });

  const refused: readonly [string, Record<string, unknown>, string][] = [
    ["nothing", {}, "content must be an object"],
    ["an empty batch", { requests: [] }, "at least one"],
    ["no text", { content: { parts: [{}] } }, "text must be a string"],
  ];
  test.each(refused)("%s is refused", (_name, body, message) => {
    expect(() => embed.readRequest(body)).toThrow(message);
  });
});

describe("answers", () => {
  test("one and several", () => {
    expect(embed.readResponse({ embedding: { values: [0.5, -1] } }, "m").vectors).toEqual([
      { kind: "float", values: [0.5, -1] },
    ]);
    const several = embed.readResponse(
      { embeddings: [{ values: [1] }, { values: [2] }], usageMetadata: { promptTokenCount: 7 } },
      "m",
    );
    expect([several.vectors.length, several.usage?.freshInputTokens]).toEqual([2, 7]);
    expect(() => embed.readResponse({}, "m")).toThrow("no embedding values");
  });

  test("in the shape that was asked for", () => {
    const answer = { ...embed.readResponse({ embeddings: [{ values: [1] }] }, "m"), sourceProtocol: "openai" };
    const alone = request({ sourceProtocol: "gemini", wasString: true, inputs: texts("a") });
    expect(embed.writeResponse(answer, context(alone)).value).toEqual({ embedding: { values: [1] } });
    expect(embed.writeResponse(answer, context(request())).value).toEqual({ embeddings: [{ values: [1] }] });
  });

  test("packed numbers are unpacked", () => {
    const data = Buffer.from(new Float32Array([0.5, -2]).buffer).toString("base64");
    const answer = {
      sourceProtocol: "openai",
      id: null,
      model: null,
      vectors: [{ kind: "base64", data } as const],
      usage: null,
      extras: {},
      spelling: NO_SPELLING,
    };
    expect(at(embed.writeResponse(answer, context(request())).value, "embeddings", 0, "values")).toEqual([0.5, -2]);
  });
});
