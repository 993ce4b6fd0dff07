/**
 * Documents in order of relevance: `POST /v2/rerank`, its first version (documents as sets of named values), and the same
 * shape as other vendors took it over (docs.cohere.com, rerank, read 2026-11-27; Jina's and Voyage's references, 2026-11).
 */

import type { WithLosses } from "../../ir/loss.ts";
import type { IrRerankRequest, IrRerankResponse } from "../../ir/rerank.ts";
import { UNKNOWN_USAGE, type Usage } from "../../ir/usage.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { RerankOperation } from "../protocol.ts";
import { createLosses } from "../shared/losses.ts";
import { extrasOf, modelled, nonEmpty, readNumber, withoutUndefined } from "../shared/members.ts";
import { needList, needText } from "./members.ts";
import { answerIdOf } from "./response-writer.ts";
import { readUsage, writeUsage } from "./usage.ts";
import { PROTOCOL, type WireRerankRequest } from "./wire.ts";

export const rerank: RerankOperation = { readRequest, writeRequest, readResponse, writeResponse };

function readRequest(body: JsonObject): WithLosses<IrRerankRequest> {
  const fields = (asArray(body["rank_fields"]) ?? []).flatMap((each) => asText(each) ?? []);
  const documents = needList(body["documents"], "documents").map((each, index) => {
    return textOfDocument(each, fields, `documents[${index}]`);
  });
  if (documents.length === 0) throw new WireError("documents must hold at least one document to rank.");
  const value: IrRerankRequest = {
    sourceProtocol: PROTOCOL,
    query: needText(body["query"], "query"),
    documents,
    // Voyage's name, from a client that was written for it.
    top: readNumber(body, "top_n") ?? readNumber(body, "top_k"),
    maxTokensPerDocument: readNumber(body, "max_tokens_per_doc"),
    extras: extrasOf(body, REQUEST_SHAPE),
  };
  return { value, losses: [] };
}

/** A set of named values is ranked by the ones the client names, else by its `text`, else by all of them. */
function textOfDocument(value: unknown, fields: readonly string[], path: string): string {
  const text = asText(value);
  if (text !== undefined) return text;
  const values = asObject(value);
  if (values === undefined) throw new WireError(`${path} must be a string or an object of strings.`);
  const names = fields.length > 0 ? fields : typeof values["text"] === "string" ? ["text"] : Object.keys(values);
  const said = names.flatMap((name) => {
    const each = values[name];
    return each === undefined || each === null ? [] : [[name, asText(each) ?? JSON.stringify(each)] as const];
  });
  const [only, ...others] = said;
  if (only !== undefined && others.length === 0) return only[1];
  return said.map(([name, each]) => `${name}: ${each}`).join("\n");
}

function writeRequest(request: IrRerankRequest, upstreamModel: string): WithLosses<JsonObject> {
  const native = request.sourceProtocol === PROTOCOL;
  const { return_documents: returns, rank_fields: fields, max_chunks_per_doc: chunks, ...others } = request.extras;
  const losses = createLosses();
  if (!native) losses.dropExtras("", request.extras);
  // Left from the first version: the fields are in the texts by now, and the second knows none of the three.
  if (native && returns === true) losses.drop("return_documents", "the answer names documents by their place");
  if (native && chunks !== undefined) losses.drop("max_chunks_per_doc", "the provider has no such setting any more");
  const value = withoutUndefined({
    model: upstreamModel,
    query: request.query,
    documents: request.documents,
    top_n: request.top ?? undefined,
    max_tokens_per_doc: request.maxTokensPerDocument ?? undefined,
    ...(native ? others : {}),
  } satisfies { readonly [name in keyof WireRerankRequest]?: unknown });
  return { value, losses: losses.list };
}

function readResponse(body: JsonObject): IrRerankResponse {
  const list = asArray(body["results"]) ?? asArray(body["data"]);
  if (list === undefined) throw new WireError("The provider's answer holds no results.");
  const results = list.map((each) => {
    const index = asNumber(at(each, "index"));
    const score = asNumber(at(each, "relevance_score")) ?? asNumber(at(each, "score"));
    if (index === undefined || score === undefined) {
      throw new WireError("The provider's answer holds a result without its place or score.");
    }
    return { index, score };
  });
  return {
    sourceProtocol: PROTOCOL,
    id: nonEmpty(body["id"]),
    results,
    usage: readUsage(body["meta"]) ?? usageOfOthers(body["usage"]),
    searchUnits: asNumber(at(body, "meta", "billed_units", "search_units")) ?? null,
    extras: extrasOf(body, RESPONSE_SHAPE),
    spelling: { results: list, meta: asObject(body["meta"]) },
  };
}

/** Vendors that took the shape over count tokens as OpenAI does. */
function usageOfOthers(value: unknown): Usage | null {
  const tokens = asNumber(at(value, "prompt_tokens")) ?? asNumber(at(value, "total_tokens"));
  return tokens === undefined ? null : { ...UNKNOWN_USAGE, freshInputTokens: tokens };
}

function writeResponse(
  response: IrRerankResponse,
  context: { readonly newId: (length: number) => string },
): JsonObject {
  const native = response.sourceProtocol === PROTOCOL;
  const { tokens } = writeUsage(response.usage) ?? {};
  const billed = response.searchUnits === null ? {} : { billed_units: { search_units: response.searchUnits } };
  const meta = { api_version: { version: "2" }, ...billed, ...(tokens === undefined ? {} : { tokens }) };
  return {
    id: (native ? response.id : null) ?? answerIdOf(context.newId),
    results:
      (native ? response.spelling["results"] : undefined) ??
      response.results.map(({ index, score }) => ({ index, relevance_score: score })),
    meta: (native ? response.spelling["meta"] : undefined) ?? meta,
    ...(native ? response.extras : {}),
  };
}

const REQUEST_SHAPE = modelled("model", "query", "documents", "top_n", "top_k", "max_tokens_per_doc");
const RESPONSE_SHAPE = modelled("id", "model", "object", "results", "data", "meta", "usage");
