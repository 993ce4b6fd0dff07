/** What routing needs to know of a Messages body. Looks, never judges: a body the vendor would refuse is still routed. */
import type { Modality } from "../../ir/capability.ts";
import type { PayloadFacts } from "../../ir/facts.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { readReferences } from "./references.ts";

export function readFacts(body: JsonObject): PayloadFacts {
  const references = readReferences(body);
  const session = asText(at(body, "metadata", "user_id"));
  return {
    maxOutputTokens: asNumber(body["max_tokens"]) ?? null,
    needs: {
      input: readModalities(body),
      output: [],
      tools: (asArray(body["tools"])?.length ?? 0) > 0 || hasCalled(body["messages"]),
      structuredOutput: isSchema(at(body, "output_config", "format")) || isSchema(body["output_format"]),
    },
    usageAsked: true,
    ...(session === undefined ? {} : { session }),
    ...(references === undefined ? {} : { references }),
  };
}

/** Turns that call tools, or hold what they gave, need a model that knows of tools. */
function hasCalled(messages: unknown): boolean {
  for (const message of asArray(messages) ?? [])
    for (const block of asArray(at(message, "content")) ?? []) {
      const type = at(block, "type");
      if (type === "tool_use" || type === "tool_result") return true;
    }
  return false;
}

function isSchema(format: unknown): boolean {
  return asObject(format)?.["type"] === "json_schema";
}

/** Blocks stand in messages, and inside tool results and documents: no deeper than this. */
const DEPTH_MAX = 4;

function readModalities(body: JsonObject): readonly Modality[] {
  const found = new Set<Modality>();
  for (const message of asArray(body["messages"]) ?? []) collect(asObject(message)?.["content"], found, 0);
  return [...found];
}

function collect(content: unknown, found: Set<Modality>, depth: number): void {
  if (depth > DEPTH_MAX || found.size === 2) return;
  for (const value of asArray(content) ?? []) {
    const block = asObject(value);
    const type = asText(block?.["type"]);
    if (type === "image") found.add("image");
    else if (type === "tool_result") collect(block?.["content"], found, depth + 1);
    else if (type === "document") collectDocument(block, found, depth);
  }
}

/** Plain text and blocks that are called a document need no model that reads files. */
function collectDocument(document: unknown, found: Set<Modality>, depth: number): void {
  const source = asText(at(document, "source", "type"));
  if (source === "content") collect(at(document, "source", "content"), found, depth + 1);
  else if (source !== "text") found.add("document");
}
