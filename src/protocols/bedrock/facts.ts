/** What routing needs to know of a Converse body. Looks, never judges: a body the vendor would refuse is still routed. */
import type { Modality } from "../../ir/capability.ts";
import type { PayloadFacts } from "../../ir/facts.ts";
import { asArray, asNumber, asObject, at, type JsonObject } from "../../std/json.ts";

export function readFacts(body: JsonObject): PayloadFacts {
  return {
    maxOutputTokens: asNumber(at(body, "inferenceConfig", "maxTokens")) ?? null,
    needs: {
      input: readModalities(body),
      output: [],
      tools: (asArray(at(body, "toolConfig", "tools"))?.length ?? 0) > 0 || hasCalled(body["messages"]),
      structuredOutput: at(body, "outputConfig", "textFormat", "type") === "json_schema",
    },
    usageAsked: true,
  };
}

/** Turns that call tools, or hold what they gave, need a model that knows of tools. */
function hasCalled(messages: unknown): boolean {
  for (const message of asArray(messages) ?? [])
    for (const block of asArray(at(message, "content")) ?? [])
      if (asObject(at(block, "toolUse")) !== undefined || asObject(at(block, "toolResult")) !== undefined) return true;
  return false;
}

const KINDS = ["image", "document", "audio", "video"] as const satisfies readonly Modality[];
/** Blocks stand in messages and inside tool results: no deeper than this. */
const DEPTH_MAX = 3;

function readModalities(body: JsonObject): readonly Modality[] {
  const found = new Set<Modality>();
  for (const message of asArray(body["messages"]) ?? []) collect(at(message, "content"), found, 0);
  return [...found];
}

function collect(content: unknown, found: Set<Modality>, depth: number): void {
  if (depth > DEPTH_MAX || found.size === KINDS.length) return;
  for (const value of asArray(content) ?? []) {
    const block = asObject(value) ?? {};
    for (const kind of KINDS) if (isBytes(block[kind], kind)) found.add(kind);
    collect(at(block, "toolResult", "content"), found, depth + 1);
  }
}

/** Words that are called a document need no model that reads files. */
function isBytes(media: unknown, kind: Modality): boolean {
  const source = asObject(at(media, "source"));
  if (asObject(media) === undefined) return false;
  return kind !== "document" || source === undefined || !("text" in source || "content" in source);
}
