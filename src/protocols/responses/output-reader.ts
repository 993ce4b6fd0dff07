/**
 * Items of the assistant's side, as an answer holds them and as a request sends them back: messages, reasoning and
 * calls. Each block keeps the item it came from as its spelling, so that the same protocol gets it back whole; several blocks of one
 * message share one.
 */
import { type IrBlock, NO_SPELLING, plainText, type ReasoningBlock, type ToolCallBlock } from "../../ir/request.ts";
import { asArray, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { argumentsText } from "../shared/arguments.ts";
import { extrasOf, modelled, without } from "../shared/members.ts";
import { flatName } from "./names.ts";
import { readContent } from "./part-reader.ts";
import { readSignatures } from "./reasoning-signatures.ts";
import { PROTOCOL } from "./wire.ts";

export function readOutputItem(item: JsonObject, path: string): IrBlock[] {
  switch (item["type"]) {
    case "message":
      return readMessage(item, path);
    case "reasoning":
      return [readReasoning(item)];
    case "function_call":
    case "custom_tool_call":
      return [readCall(item, path)];
    default: {
      const name = asText(item["type"]);
      if (name === undefined) throw new WireError(`${path}.type must name the kind of item, such as "message".`);
      return [{ type: "opaque", sourceProtocol: PROTOCOL, name, value: item, spelling: NO_SPELLING }];
    }
  }
}

/** An assistant's message. One whose text is empty keeps its place; null is what some clients make of no text. */
export function readMessage(item: JsonObject, path: string): IrBlock[] {
  const { blocks } = readContent(item["content"] ?? [], `${path}.content`);
  const kept = blocks.length === 0 && asText(item["content"]) === "" ? [plainText("")] : blocks;
  // How far the message got is the vendor's label on its own words.
  return kept.map((block) => ({ ...block, spelling: { part: block.spelling["part"], message: item } }));
}

/** The text is what the item shows of its thoughts: the thoughts themselves where they are open, else their summary. */
export function readReasoning(item: JsonObject): ReasoningBlock {
  return {
    type: "reasoning",
    text: joinParts(item["content"]) || joinParts(item["summary"]),
    ...readSignatures(asText(item["encrypted_content"]) ?? ""),
    extras: extrasOf(item, REASONING_SHAPE),
    spelling: { item: withoutBadId(item, "rs") },
  };
}

/** Parts are told apart by an empty line, as the vendor's own pages show them. */
export const BETWEEN_PARTS = "\n\n";

function readCall(item: JsonObject, path: string): ToolCallBlock {
  const isCustom = item["type"] === "custom_tool_call";
  // Some clients send back only one of the two.
  const id = asText(item["call_id"]) ?? asText(item["id"]);
  if (id === undefined) throw new WireError(`${path}.call_id must be the id of the call.`);
  const name = asText(item["name"]);
  if (name === undefined) throw new WireError(`${path}.name must be the name of the tool that is called.`);
  return {
    type: "tool-call",
    id,
    name: calledName(name, item["namespace"]),
    kind: isCustom ? "custom" : "function",
    arguments: argumentsText(isCustom ? item["input"] : item["arguments"]),
    signature: null,
    cache: null,
    extras: extrasOf(item, CALL_SHAPE),
    spelling: { item: cleanCall(item) },
  };
}

/** The one name a tool has in the IR, wherever it stands. */
export function calledName(name: string, namespace: unknown): string {
  const group = asText(namespace);
  return group === undefined || group === "" ? name : flatName(group, name);
}

function joinParts(parts: unknown): string {
  const texts = (asArray(parts) ?? []).map((part) => asText(at(part, "text")) ?? "");
  return texts.filter((text) => text !== "").join(BETWEEN_PARTS);
}

/** Clients replay calls with a role, or with the call's id where the item's belongs; the vendor refuses both. */
function cleanCall(item: JsonObject): JsonObject {
  const prefix = item["type"] === "custom_tool_call" ? "ctc" : "fc";
  return without(withoutBadId(item, prefix), "role");
}

/** "Expected an ID that begins with 'fc'", says the vendor of any other; without one it is content. */
function withoutBadId(item: JsonObject, prefix: string): JsonObject {
  const id = asText(item["id"]);
  const isGood = id === undefined ? item["id"] === undefined : id.startsWith(prefix);
  return isGood ? item : without(item, "id");
}

const REASONING_SHAPE = modelled("type", "id", "summary", "content", "encrypted_content", "status");
const CALL_SHAPE = modelled(
  "type",
  "id",
  "call_id",
  "name",
  "namespace",
  "arguments",
  "input",
  "status",
  "role",
  "caller",
  "created_by",
);
