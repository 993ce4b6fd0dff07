/**
 * Bodies that editors send to this path in other protocols' shapes: `input` items for messages, tools without their
 * `function`, tools with an `input_schema`, calls and results as blocks (public threads of BerriAI/litellm#34029 and
 * Soju06/codex-lb#833, read 2026-11). They are read for what they are; the answer is a chat completion all the same.
 */
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";

/** Top-level members as plain Chat has them; null: the member goes. The whole is null where the body is plain Chat. */
export function plainChat(body: JsonObject): Readonly<Record<string, unknown>> | null {
  const tools = asArray(body["tools"]) ?? [];
  const hasItems = body["input"] !== undefined && (asArray(body["messages"])?.length ?? 0) === 0;
  const hasOddTools = tools.some(isOddTool);
  if (!hasItems && !hasOddTools) return null;
  return {
    ...(hasItems ? messagesOf(body) : {}),
    ...(hasOddTools ? { tools: tools.map((tool) => (isOddTool(tool) ? nested(asObject(tool) ?? {}) : tool)) } : {}),
    ...(!hasItems && hasOddTools ? { messages: (asArray(body["messages"]) ?? []).flatMap(withoutToolBlocks) } : {}),
    ...(body["tool_choice"] === undefined ? {} : { tool_choice: choice(body["tool_choice"]) }),
  };
}

function isOddTool(value: unknown): boolean {
  const tool = asObject(value);
  if (tool === undefined || asText(tool["name"]) === undefined) return false;
  const isKnown = tool["type"] === undefined || tool["type"] === "function" || tool["type"] === "custom";
  return isKnown && asObject(tool["function"]) === undefined && asObject(tool["custom"]) === undefined;
}

function nested({ type, cache_control, input_schema, ...definition }: JsonObject): JsonObject {
  const mark = cache_control === undefined ? {} : { cache_control };
  if (type === "custom" && input_schema === undefined) return { type, custom: definition, ...mark };
  const parameters = input_schema === undefined ? {} : { parameters: input_schema };
  return { type: "function", function: { ...definition, ...parameters }, ...mark };
}

function choice(value: unknown): unknown {
  const asked = asObject(value);
  const name = asText(asked?.["name"]);
  switch (asked?.["type"]) {
    case "auto":
    case "none":
      return asked["type"];
    case "any":
      return "required";
    case "tool":
    case "function":
      return name === undefined ? value : { type: "function", function: { name } };
    default:
      return value;
  }
}

// ---------------------------------------------------------------- items of a response

/** Members of the Responses API that Chat refuses or spells otherwise. */
function messagesOf(body: JsonObject): JsonObject {
  const instructions = asText(body["instructions"]);
  const { input } = body;
  const items = typeof input === "string" ? [{ role: "user", content: input }] : (asArray(input) ?? []);
  const messages: JsonObject[] = instructions === undefined ? [] : [{ role: "system", content: instructions }];
  for (const item of items) addItem(messages, asObject(item) ?? {});
  const effort = asText(at(body, "reasoning", "effort"));
  return {
    input: null,
    instructions: null,
    include: null,
    ...formatOf(asObject(at(body, "text", "format"))),
    text: null,
    truncation: null,
    messages,
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    reasoning: null,
    ...(body["max_output_tokens"] === undefined ? {} : { max_completion_tokens: body["max_output_tokens"] }),
    max_output_tokens: null,
  };
}

function formatOf(format: JsonObject | undefined): JsonObject {
  if (format === undefined) return {};
  const { type, ...schema } = format;
  return { response_format: type === "json_schema" ? { type, json_schema: schema } : format };
}

function addItem(messages: JsonObject[], item: JsonObject): void {
  const { call_id, name } = item;
  switch (item["type"] ?? "message") {
    case "message":
      messages.push({ role: item["role"], content: contentOf(item["content"]) });
      return;
    case "function_call":
      addCall(messages, { id: call_id, type: "function", function: { name, arguments: item["arguments"] } });
      return;
    case "custom_tool_call":
      addCall(messages, { id: call_id, type: "custom", custom: { name, input: item["input"] } });
      return;
    case "function_call_output":
    case "custom_tool_call_output":
      messages.push({ role: "tool", tool_call_id: call_id, content: contentOf(item["output"]) });
      return;
    default:
      // Reasoning and the like have no place in a chat.
      return;
  }
}

/** Calls made together stand in one message, beside what was said ahead of them. */
function addCall(messages: JsonObject[], call: JsonObject): void {
  const last = messages.at(-1);
  if (last?.["role"] !== "assistant") messages.push({ role: "assistant", content: null, tool_calls: [call] });
  else messages[messages.length - 1] = { ...last, tool_calls: [...(asArray(last["tool_calls"]) ?? []), call] };
}

function contentOf(content: unknown): unknown {
  return asArray(content)?.map(partOf) ?? content;
}

function partOf(value: unknown): unknown {
  const part = asObject(value);
  switch (part?.["type"]) {
    case "input_text":
    case "output_text":
      return { type: "text", text: part["text"] };
    case "input_image":
      return { type: "image_url", image_url: { url: part["image_url"], detail: part["detail"] ?? "auto" } };
    default:
      return value;
  }
}

// ---------------------------------------------------------------- blocks of a message

/** One message with blocks of calls or results is several here. */
function withoutToolBlocks(value: unknown): unknown[] {
  const message = asObject(value);
  const blocks = asArray(message?.["content"])?.map((block) => asObject(block) ?? {}) ?? [];
  const calls = blocks.filter(({ type }) => type === "tool_use");
  const results = blocks.filter(({ type }) => type === "tool_result");
  if (message === undefined || calls.length + results.length === 0) return [value];
  const others = blocks.filter(({ type }) => type !== "tool_use" && type !== "tool_result");
  const said =
    calls.length > 0
      ? { content: others.length > 0 ? others : null, tool_calls: calls.map(callOf) }
      : { content: others };
  return [...results.map(resultOf), ...(calls.length + others.length > 0 ? [{ ...message, ...said }] : [])];
}

function callOf({ id, name, input }: JsonObject): JsonObject {
  return { id, type: "function", function: { name, arguments: JSON.stringify(input ?? {}) } };
}

function resultOf({ tool_use_id, content }: JsonObject): JsonObject {
  return { role: "tool", tool_call_id: tool_use_id, content: content ?? "" };
}
