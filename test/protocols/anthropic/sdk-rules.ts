// Collects a stream into a message the way the vendor's own SDK does: blocks by index, deltas appended to the members
// that the start brought. Written from the SDK's documented behaviour; throws where the SDK would.
import type { Frame } from "../../../src/protocols/protocol.ts";
import { asNumber, asObject, asText, type JsonObject, parseJson } from "../../../src/std/json.ts";

interface Collected {
  message: Record<string, unknown>;
  content: (Record<string, unknown> | undefined)[];
  open: number | null;
  input: string;
}

export function collectMessage(frames: readonly Frame[]): JsonObject {
  const collected: Collected = { message: {}, content: [], open: null, input: "" };
  for (const frame of frames) takeFrame(collected, asObject(parseJson(frame.data)) ?? {});
  if (collected.open !== null) throw new Error("a block is still open");
  return { ...collected.message, content: collected.content };
}

function takeFrame(collected: Collected, event: JsonObject): void {
  const index = asNumber(event["index"]) ?? -1;
  switch (event["type"]) {
    case "message_start":
      collected.message = { ...asObject(event["message"]) };
      return;
    case "content_block_start":
      if (collected.open !== null) throw new Error(`block ${index} starts while ${collected.open} is open`);
      if (index !== collected.content.length) throw new Error(`block ${index} is not the next`);
      collected.content.push({ ...asObject(event["content_block"]) });
      collected.open = index;
      collected.input = "";
      return;
    case "content_block_delta":
      if (index !== collected.open) throw new Error(`a delta for block ${index} while ${collected.open} is open`);
      append(collected, collected.content[index] ?? {}, asObject(event["delta"]) ?? {});
      return;
    case "content_block_stop":
      if (index !== collected.open) throw new Error(`block ${index} stops while ${collected.open} is open`);
      collected.open = null;
      return;
    case "message_delta":
      Object.assign(collected.message, event["delta"]);
      collected.message["usage"] = { ...asObject(collected.message["usage"]), ...asObject(event["usage"]) };
      return;
  }
}

function append(collected: Collected, block: Record<string, unknown>, delta: JsonObject): void {
  switch (delta["type"]) {
    case "text_delta":
      block["text"] = needText(block, "text") + needText(delta, "text");
      return;
    case "thinking_delta":
      block["thinking"] = needText(block, "thinking") + needText(delta, "thinking");
      return;
    case "signature_delta":
      block["signature"] = needText(delta, "signature");
      return;
    case "input_json_delta":
      if (block["input"] === undefined) throw new Error("the start brought no input");
      collected.input += needText(delta, "partial_json");
      block["input"] = tryParse(collected.input) ?? block["input"];
      return;
    case "citations_delta":
      block["citations"] = [...(Array.isArray(block["citations"]) ? block["citations"] : []), delta["citation"]];
      return;
  }
}

function needText(value: JsonObject, name: string): string {
  const text = asText(value[name]);
  if (text === undefined) throw new Error(`${name} is no text`);
  return text;
}

/** Undefined while the text is not whole yet. */
function tryParse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
