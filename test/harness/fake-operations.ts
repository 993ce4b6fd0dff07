/** Small protocols that embed and rerank, so that the exchange's part of it is tested whatever vendors' protocols do. */

import type { IrEmbedResponse } from "../../src/ir/embed.ts";
import { dropped } from "../../src/ir/loss.ts";
import { NO_SPELLING } from "../../src/ir/request.ts";
import { UNKNOWN_USAGE, type Usage } from "../../src/ir/usage.ts";
import { openai } from "../../src/protocols/openai/index.ts";
import type { EmbedOperation, Operations, Protocol, RerankOperation } from "../../src/protocols/protocol.ts";
import { asArray, asNumber, asText, at, type JsonObject } from "../../src/std/json.ts";
import { WireError } from "../../src/std/wire-error.ts";

/** A protocol of that id whose embedding bodies are `{model, texts}` and `{vectors, tokens}`. */
export function embedder(
  id: string,
  options: { readonly inputsMax?: number; readonly operations?: Operations } = {},
): Protocol {
  const operations: Operations = options.operations ?? {
    embed: embedOf(id, options.inputsMax ?? 4),
    rerank: rerankOf(id),
  };
  const route = (operation: "embed" | "rerank" | "chat") =>
    ({
      protocol: id,
      operation,
      method: "POST",
      path: `/${id}/${operation}`,
      target: { from: "body", member: "model" },
      stream: { from: "fixed", value: false },
    }) as const;
  return {
    ...openai,
    id,
    payload: { ...openai.payload, id, routedMembers: ["model"] },
    carrier: {
      ...openai.carrier,
      id,
      routes: [route("chat"), route("embed"), route("rerank")],
      upstreamPath: ({ operation, template }) =>
        template === null ? `/${operation}` : operation === "chat" ? template : null,
    },
    operations,
  };
}

function usageOf(tokens: number | null): Usage | null {
  return tokens === null ? null : { ...UNKNOWN_USAGE, freshInputTokens: tokens };
}

function embedOf(sourceProtocol: string, inputsMax: number): EmbedOperation {
  return {
    readRequest(body) {
      const texts = asArray(body["texts"]);
      if (texts === undefined) throw new WireError("texts must be a list.");
      return {
        value: {
          sourceProtocol,
          inputs: texts.map((text) => ({ type: "text", text: String(text), title: null })),
          wasString: false,
          purpose: body["purpose"] === "query" ? "query" : null,
          dimensions: null,
          encodings: [],
          truncate: null,
          user: asText(body["user"]) ?? null,
          extras: {},
          spelling: NO_SPELLING,
        },
        losses: [],
      };
    },
    writeRequest(request, upstreamModel) {
      if (request.inputs.length > inputsMax) throw new Error("more inputs than were asked for");
      const texts = request.inputs.map((input) => (input.type === "text" ? input.text : ""));
      if (texts.includes("unspeakable")) throw new WireError(`${sourceProtocol} has no word for that.`);
      const losses = request.user === null ? [] : [dropped("user", "there is none")];
      return { value: { model: upstreamModel, texts }, losses };
    },
    inputsMax: () => inputsMax,
    readResponse(body): IrEmbedResponse {
      const vectors = asArray(body["vectors"]);
      if (vectors === undefined) throw new WireError("There are no vectors.");
      return {
        sourceProtocol,
        id: null,
        model: asText(body["model"]) ?? null,
        vectors: vectors.map((vector) => ({ kind: "float", values: (asArray(vector) ?? []).map(Number) })),
        usage: usageOf(asNumber(body["tokens"]) ?? null),
        extras: {},
        spelling: NO_SPELLING,
      };
    },
    writeResponse: (response, { request }) => ({
      value: {
        by: sourceProtocol,
        inputs: request.inputs.length,
        model: response.model,
        vectors: response.vectors.map((vector) => (vector.kind === "float" ? vector.values : [])),
        tokens: response.usage?.freshInputTokens ?? null,
      },
      losses: [],
    }),
  };
}

function rerankOf(sourceProtocol: string): RerankOperation {
  return {
    readRequest: (body) => ({
      value: {
        sourceProtocol,
        query: asText(body["query"]) ?? "",
        documents: (asArray(body["documents"]) ?? []).map(String),
        top: null,
        maxTokensPerDocument: null,
        extras: {},
      },
      losses: [],
    }),
    writeRequest: (request, model) => ({
      value: { model, query: request.query, documents: request.documents },
      losses: [],
    }),
    readResponse: (body) => ({
      sourceProtocol,
      id: null,
      results: (asArray(body["order"]) ?? []).map((index) => ({ index: Number(index), score: 1 })),
      usage: usageOf(asNumber(at(body, "tokens")) ?? null),
      searchUnits: null,
      extras: {},
      spelling: NO_SPELLING,
    }),
    writeResponse: (response): JsonObject => ({
      by: sourceProtocol,
      order: response.results.map(({ index }) => index),
    }),
  };
}
