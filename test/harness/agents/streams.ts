/** How agents put streams together, each in the way of its protocol. */
import { EventStreamCodec } from "@smithy/eventstream-codec";
import { asArray, asObject, asText, type JsonObject, at as within } from "../../../src/std/json.ts";
import { objects } from "../scripted/rules.ts";

/** The data of each event of a stream of server-sent events. */
export function eventsOf(stream: Uint8Array): JsonObject[] {
  return Buffer.from(stream)
    .toString()
    .split(/\r?\n\r?\n/)
    .flatMap((frame) => {
      const data = frame
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice("data:".length).trim())
        .join("\n");
      return data === "" || data === "[DONE]" ? [] : [asObject(JSON.parse(data)) ?? {}];
    });
}

const text = (value: unknown): string => asText(value) ?? "";

export function chatAnswer(stream: Uint8Array): JsonObject {
  const message = { role: "assistant", content: "", reasoning_content: "" };
  const calls: { id: string; type: string; function: { name: string; arguments: string } }[] = [];
  let finish: unknown = null;
  for (const event of eventsOf(stream)) {
    if (event["error"] !== undefined) throw new Error(JSON.stringify(event));
    const choice = objects(event["choices"])[0];
    finish = choice?.["finish_reason"] ?? finish;
    const delta = asObject(choice?.["delta"]) ?? {};
    message.content += text(delta["content"]);
    message.reasoning_content += text(delta["reasoning_content"]);
    for (const piece of objects(delta["tool_calls"])) {
      const index = Number(piece["index"]);
      calls[index] ??= { id: "", type: "function", function: { name: "", arguments: "" } };
      const call = calls[index];
      call.id += text(piece["id"]);
      call.function.name += text(within(piece, "function", "name"));
      call.function.arguments += text(within(piece, "function", "arguments"));
    }
  }
  if (finish === null) throw new Error("the stream ended without finish_reason");
  return { choices: [{ message: calls.length === 0 ? message : { ...message, tool_calls: calls } }] };
}

export function messagesAnswer(stream: Uint8Array): JsonObject {
  const content: Record<string, unknown>[] = [];
  const json: string[] = [];
  let isEnded = false;
  for (const event of eventsOf(stream)) {
    const index = Number(event["index"]);
    if (event["type"] === "error") throw new Error(JSON.stringify(event));
    if (event["type"] === "content_block_start") content[index] = { ...asObject(event["content_block"]) };
    if (event["type"] === "message_stop") isEnded = true;
    const block = content[index];
    if (event["type"] !== "content_block_delta" || block === undefined) continue;
    const delta = asObject(event["delta"]) ?? {};
    for (const name of ["text", "thinking", "signature"]) {
      if (delta[name] !== undefined) block[name] = text(block[name]) + text(delta[name]);
    }
    if (delta["partial_json"] !== undefined) json[index] = (json[index] ?? "") + text(delta["partial_json"]);
  }
  if (!isEnded) throw new Error("the stream ended without message_stop");
  for (const [index, said] of json.entries()) {
    const block = content[index];
    if (said !== undefined && block !== undefined) block["input"] = JSON.parse(said === "" ? "{}" : said);
  }
  return { content };
}

/** Codex takes the items as they are done, and looks at the last event only for its kind. */
export function responsesAnswer(stream: Uint8Array): JsonObject {
  const events = eventsOf(stream);
  if (events.at(-1)?.["type"] !== "response.completed") throw new Error(JSON.stringify(events.at(-1)));
  return {
    output: events.flatMap((event) => (event["type"] === "response.output_item.done" ? [event["item"]] : [])),
  };
}

export function geminiAnswer(stream: Uint8Array): JsonObject {
  const events = eventsOf(stream);
  const candidates = events.flatMap((event) => objects(event["candidates"]));
  if (!candidates.some((each) => each["finishReason"] !== undefined)) throw new Error(JSON.stringify(events.at(-1)));
  const parts = candidates.flatMap((each) => asArray(within(each, "content", "parts")) ?? []);
  return { candidates: [{ content: { role: "model", parts } }] };
}

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString()),
  (said) => Buffer.from(said),
);

export function converseAnswer(stream: Uint8Array): JsonObject {
  const drafts: { text: string; thought: string; signature: string; call: JsonObject | null; json: string }[] = [];
  let isEnded = false;
  for (let at = 0; at < stream.length; ) {
    const length = Buffer.from(stream).readUInt32BE(at);
    const message = codec.decode(stream.subarray(at, at + length));
    at += length;
    const event = asObject(JSON.parse(Buffer.from(message.body).toString())) ?? {};
    if (message.headers[":message-type"]?.value !== "event") throw new Error(JSON.stringify(event));
    if (message.headers[":event-type"]?.value === "messageStop") isEnded = true;
    if (event["contentBlockIndex"] === undefined) continue;
    const index = Number(event["contentBlockIndex"]);
    drafts[index] ??= { text: "", thought: "", signature: "", call: null, json: "" };
    const draft = drafts[index];
    draft.call = asObject(within(event, "start", "toolUse")) ?? draft.call;
    draft.text += text(within(event, "delta", "text"));
    draft.json += text(within(event, "delta", "toolUse", "input"));
    draft.thought += text(within(event, "delta", "reasoningContent", "text"));
    draft.signature += text(within(event, "delta", "reasoningContent", "signature"));
  }
  if (!isEnded) throw new Error("the stream ended without messageStop");
  const content = drafts.map(({ text: said, thought, signature, call, json }) => {
    if (call !== null) return { toolUse: { ...call, input: JSON.parse(json === "" ? "{}" : json) } };
    if (said !== "") return { text: said };
    const sealed = signature === "" ? {} : { signature };
    return { reasoningContent: { reasoningText: { text: thought, ...sealed } } };
  });
  return { output: { message: { role: "assistant", content } } };
}

export function cohereAnswer(stream: Uint8Array): JsonObject {
  const content: Record<string, unknown>[] = [];
  const calls: { id: string; type: string; function: { name: string; arguments: string } }[] = [];
  const draft = { plan: "", isEnded: false };
  for (const event of eventsOf(stream)) {
    const index = Number(event["index"]);
    const message = asObject(within(event, "delta", "message")) ?? {};
    const piece = asObject(message["content"]) ?? {};
    const call = asObject(message["tool_calls"]) ?? {};
    if (event["type"] === "content-start") content[index] = { ...piece };
    const block = content[index];
    if (event["type"] === "content-delta" && block !== undefined) {
      for (const name of ["text", "thinking"]) {
        if (piece[name] !== undefined) block[name] = text(block[name]) + text(piece[name]);
      }
    }
    draft.plan += text(message["tool_plan"]);
    if (event["type"] === "tool-call-start") {
      calls[index] = { id: text(call["id"]), type: "function", function: { name: "", arguments: "" } };
    }
    const made = calls[index];
    if (made !== undefined && (event["type"] === "tool-call-start" || event["type"] === "tool-call-delta")) {
      made.function.name += text(within(call, "function", "name"));
      made.function.arguments += text(within(call, "function", "arguments"));
    }
    draft.isEnded ||= event["type"] === "message-end";
  }
  if (!draft.isEnded) throw new Error("the stream ended without message-end");
  const plan = draft.plan === "" ? {} : { tool_plan: draft.plan };
  const tools = calls.length === 0 ? {} : { tool_calls: calls.filter((call) => call !== undefined) };
  return { message: { role: "assistant", content: content.filter((block) => block !== undefined), ...plan, ...tools } };
}
