/** Requests as clients of each protocol write them, and what a client reads out of an answer: hand-made, like the vendors'. */
import { wordsOf } from "./vendor-words.ts";

export interface ClientAsk {
  readonly model?: string;
  readonly stream?: boolean;
  readonly text?: string;
  /** Further members, written as they stand. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A plain question in the protocol's own shape. */
export function question(protocol: string, ask: ClientAsk = {}): Record<string, unknown> {
  const { path } = wordsOf(protocol);
  const messages = [{ role: "user", content: ask.text ?? "Say hello." }];
  const contents = [{ role: "user", parts: [{ text: ask.text ?? "Say hello." }] }];
  return {
    model: ask.model ?? "pool",
    ...(protocol === "gemini" ? { contents } : path === "/v1/responses" ? { input: messages } : { messages }),
    ...(path === "/v1/messages" ? { max_tokens: 100 } : {}),
    ...(ask.stream === undefined ? {} : { stream: ask.stream }),
    ...ask.more,
  };
}

export interface Seen {
  readonly text: string;
  readonly tools: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly finish: string | null;
  readonly usage: { readonly input: number; readonly output: number } | null;
  /** Message of the error in the body, or in the stream. */
  readonly error: string | null;
  /** Legal endings a streaming client saw: `[DONE]`, `message_stop`, `response.*`, and error events. */
  readonly endings: readonly string[];
  /** Frames that hold no JSON: a client library would throw at them. */
  readonly broken: number;
}

/** What a client makes of a whole answer or a stream, by the text alone. */
export function see(protocol: string, text: string): Seen {
  if (protocol === "responses") return seeResponses(text);
  if (protocol === "cohere") return seeCohere(text);
  if (protocol === "gemini") return seeGemini(text);
  return protocol === "openai" ? seeOpenAi(text) : seeAnthropic(text);
}

interface Draft {
  text: string;
  tools: { id: string; name: string; arguments: string }[];
  finish: string | null;
  usage: Seen["usage"];
  error: string | null;
  endings: string[];
  broken: number;
}

const draft = (): Draft => ({
  text: "",
  tools: [],
  finish: null,
  usage: null,
  error: null,
  endings: [],
  broken: 0,
});

/** null: no JSON. */
function parse<T>(data: string): T | null {
  try {
    const value: T = JSON.parse(data);
    return value;
  } catch {
    return null;
  }
}

/** Events of an SSE text: the `data` of each, comments left out. */
export function eventData(text: string): string[] {
  return text
    .replaceAll("\r\n", "\n")
    .split("\n\n")
    .map((frame) =>
      frame
        .split("\n")
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice("data:".length).replace(/^ /, ""))
        .join("\n"),
    )
    .filter((data) => data !== "");
}

interface OpenAiMessage {
  readonly content?: string | null;
  readonly tool_calls?: readonly {
    readonly index?: number;
    readonly id?: string;
    readonly function?: { readonly name?: string; readonly arguments?: string };
  }[];
}

interface OpenAiShape {
  readonly error?: { readonly message: string };
  readonly choices?: readonly {
    readonly delta?: OpenAiMessage;
    readonly message?: OpenAiMessage;
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

function seeOpenAi(text: string): Seen {
  const seen = draft();
  const isStream = text.startsWith("data:") || text.startsWith(":");
  for (const data of isStream ? eventData(text) : [text]) {
    const value = data === "[DONE]" ? null : parse<OpenAiShape>(data);
    if (data === "[DONE]") seen.endings.push("[DONE]");
    else if (value === null) seen.broken++;
    else takeOpenAi(seen, value, isStream);
  }
  return seen;
}

function takeOpenAi(seen: Draft, value: OpenAiShape, isStream: boolean): void {
  if (value.error !== undefined) {
    seen.error = value.error.message;
    if (isStream) seen.endings.push("error");
  }
  for (const choice of value.choices ?? []) {
    const message = choice.delta ?? choice.message ?? {};
    seen.text += message.content ?? "";
    for (const [position, call] of (message.tool_calls ?? []).entries()) {
      const index = call.index ?? position;
      seen.tools[index] ??= { id: call.id ?? "", name: call.function?.name ?? "", arguments: "" };
      const tool = seen.tools[index];
      if (tool !== undefined) tool.arguments += call.function?.arguments ?? "";
    }
    seen.finish = choice.finish_reason ?? seen.finish;
  }
  if (value.usage != null) seen.usage = { input: value.usage.prompt_tokens, output: value.usage.completion_tokens };
}

interface GeminiShape {
  readonly error?: { readonly message: string };
  readonly candidates?: readonly {
    readonly content?: {
      readonly parts?: readonly {
        readonly text?: string;
        readonly thought?: boolean;
        readonly functionCall?: { readonly id?: string; readonly name: string; readonly args?: unknown };
      }[];
    };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: {
    readonly promptTokenCount?: number;
    readonly candidatesTokenCount?: number;
    readonly thoughtsTokenCount?: number;
  };
}

function seeGemini(text: string): Seen {
  const seen = draft();
  const isStream = text.startsWith("data:") || text.startsWith(":");
  for (const data of isStream ? eventData(text) : [text]) {
    const value = parse<GeminiShape>(data);
    if (value === null) {
      seen.broken++;
      continue;
    }
    if (value.error !== undefined) {
      seen.error = value.error.message;
      if (isStream) seen.endings.push("error");
    }
    for (const { content, finishReason } of value.candidates ?? []) {
      for (const part of content?.parts ?? []) {
        if (part.thought !== true) seen.text += part.text ?? "";
        const call = part.functionCall;
        if (call === undefined) continue;
        seen.tools.push({ id: call.id ?? "", name: call.name, arguments: JSON.stringify(call.args ?? {}) });
      }
      seen.finish = finishReason ?? seen.finish;
      if (isStream && finishReason !== undefined) seen.endings.push("finish");
    }
    const usage = value.usageMetadata;
    if (usage !== undefined) {
      const output = (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0);
      seen.usage = { input: usage.promptTokenCount ?? 0, output };
    }
  }
  return seen;
}

interface AnthropicUsage {
  readonly input_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly output_tokens?: number | null;
}

interface AnthropicBlock {
  readonly type: string;
  readonly text?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
  readonly partial_json?: string;
}

interface AnthropicShape {
  readonly type: string;
  readonly index?: number;
  readonly error?: { readonly message: string };
  readonly content?: readonly AnthropicBlock[];
  readonly content_block?: AnthropicBlock;
  readonly delta?: AnthropicBlock & { readonly stop_reason?: string | null };
  readonly message?: { readonly usage?: AnthropicUsage };
  readonly stop_reason?: string | null;
  readonly usage?: AnthropicUsage;
}

function seeAnthropic(text: string): Seen {
  const seen = draft();
  const open = new Map<number, { id: string; name: string; arguments: string }>();
  if (text.startsWith("{")) takeMessage(seen, JSON.parse(text));
  else {
    for (const data of eventData(text)) {
      const value = parse<AnthropicShape>(data);
      if (value === null) seen.broken++;
      else takeAnthropicEvent(seen, open, value);
    }
  }
  return seen;
}

function takeMessage(seen: Draft, value: AnthropicShape): void {
  if (value.error !== undefined) seen.error = value.error.message;
  for (const block of value.content ?? []) {
    if (block.type === "text") seen.text += block.text ?? "";
    if (block.type === "tool_use") {
      seen.tools.push({ id: block.id ?? "", name: block.name ?? "", arguments: JSON.stringify(block.input) });
    }
  }
  seen.finish = value.stop_reason ?? null;
  countAnthropic(seen, value.usage);
}

function takeAnthropicEvent(seen: Draft, open: Map<number, Draft["tools"][number]>, value: AnthropicShape): void {
  switch (value.type) {
    case "message_start":
      countAnthropic(seen, value.message?.usage);
      return;
    case "content_block_start":
      if (value.content_block?.type === "tool_use") {
        const tool = { id: value.content_block.id ?? "", name: value.content_block.name ?? "", arguments: "" };
        open.set(value.index ?? 0, tool);
        seen.tools.push(tool);
      }
      return;
    case "content_block_delta": {
      seen.text += value.delta?.type === "text_delta" ? (value.delta.text ?? "") : "";
      const tool = open.get(value.index ?? 0);
      if (tool !== undefined) tool.arguments += value.delta?.partial_json ?? "";
      return;
    }
    case "message_delta":
      seen.finish = value.delta?.stop_reason ?? seen.finish;
      countAnthropic(seen, value.usage);
      return;
    case "message_stop":
      seen.endings.push("message_stop");
      return;
    case "error":
      seen.error = value.error?.message ?? "";
      seen.endings.push("error");
      return;
    default:
      return;
  }
}

/** The newest report wins, and what it leaves out stays. */
function countAnthropic(seen: Draft, usage: AnthropicUsage | undefined): void {
  if (usage === undefined) return;
  const parts = [usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens];
  const input = parts.every((part) => part == null)
    ? seen.usage?.input
    : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  seen.usage = { input: input ?? 0, output: usage.output_tokens ?? seen.usage?.output ?? 0 };
}

interface ResponsesItem {
  readonly type: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly content?: readonly { readonly type: string; readonly text?: string }[];
}

interface ResponsesObject {
  readonly status?: string;
  readonly error?: { readonly message: string } | null;
  readonly incomplete_details?: { readonly reason: string } | null;
  readonly output?: readonly ResponsesItem[];
  readonly usage?: { readonly input_tokens: number; readonly output_tokens: number } | null;
}

interface ResponsesEvent {
  readonly type: string;
  readonly output_index?: number;
  readonly delta?: string;
  readonly item?: ResponsesItem;
  readonly response?: ResponsesObject;
  readonly error?: { readonly message: string };
  readonly message?: string;
}

function seeResponses(text: string): Seen {
  const seen = draft();
  if (text.startsWith("{")) {
    const whole: ResponsesObject = JSON.parse(text);
    takeOutput(seen, whole);
    takeEnding(seen, whole);
    return seen;
  }
  const calls = new Map<number, Draft["tools"][number]>();
  for (const data of eventData(text)) {
    const value = parse<ResponsesEvent>(data);
    if (value === null) seen.broken++;
    else takeResponsesEvent(seen, calls, value);
  }
  return seen;
}

function takeOutput(seen: Draft, { output }: ResponsesObject): void {
  for (const item of output ?? []) {
    for (const part of item.content ?? []) seen.text += part.type === "output_text" ? (part.text ?? "") : "";
    if (item.type === "function_call") seen.tools.push(callOf(item, item.arguments ?? ""));
  }
}

function callOf(item: ResponsesItem, said: string): Draft["tools"][number] {
  return { id: item.call_id ?? "", name: item.name ?? "", arguments: said };
}

function takeEnding(seen: Draft, { status, error, incomplete_details, usage }: ResponsesObject): void {
  seen.finish = incomplete_details?.reason ?? status ?? null;
  if (error != null) seen.error = error.message;
  if (usage != null) seen.usage = { input: usage.input_tokens, output: usage.output_tokens };
}

/** Text and arguments from the deltas alone: what the ending repeats is not counted twice. */
function takeResponsesEvent(seen: Draft, calls: Map<number, Draft["tools"][number]>, value: ResponsesEvent): void {
  switch (value.type) {
    case "response.output_text.delta":
      seen.text += value.delta ?? "";
      return;
    case "response.output_item.added":
      if (value.item?.type === "function_call") {
        const tool = callOf(value.item, "");
        calls.set(value.output_index ?? 0, tool);
        seen.tools.push(tool);
      }
      return;
    case "response.function_call_arguments.delta": {
      const tool = calls.get(value.output_index ?? 0);
      if (tool !== undefined) tool.arguments += value.delta ?? "";
      return;
    }
    case "response.completed":
    case "response.incomplete":
    case "response.failed":
      takeEnding(seen, value.response ?? {});
      seen.endings.push(value.type === "response.failed" ? "error" : value.type);
      return;
    case "error":
      seen.error = value.error?.message ?? value.message ?? "";
      seen.endings.push("error");
      return;
    default:
      return;
  }
}

interface CohereMessage {
  /** A list in a whole answer, one part in an event. */
  readonly content?: readonly { readonly text?: string }[] | { readonly text?: string };
  readonly tool_plan?: string;
  readonly tool_calls?: readonly CohereCall[] | CohereCall;
}

interface CohereCall {
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

interface CohereShape {
  readonly type?: string;
  readonly index?: number;
  readonly message?: CohereMessage | string;
  readonly finish_reason?: string;
  readonly usage?: CohereUsage;
  readonly delta?: {
    readonly message?: CohereMessage;
    readonly error?: string;
    readonly finish_reason?: string;
    readonly usage?: CohereUsage;
  };
}

interface CohereUsage {
  readonly tokens?: { readonly input_tokens?: number; readonly output_tokens?: number };
}

function seeCohere(text: string): Seen {
  const seen = draft();
  const isStream = text.startsWith("event:") || text.startsWith("data:") || text.startsWith(":");
  for (const data of isStream ? eventData(text) : [text]) {
    const value = data === "[DONE]" ? null : parse<CohereShape>(data);
    if (data === "[DONE]") continue;
    if (value === null) seen.broken++;
    else if (isStream) takeCohereEvent(seen, value);
    else takeCohereBody(seen, value);
  }
  return seen;
}

function takeCohereBody(seen: Draft, { message, finish_reason, usage }: CohereShape): void {
  if (typeof message === "string") seen.error = message;
  else takeCohereMessage(seen, message ?? {});
  seen.finish = finish_reason ?? null;
  countCohere(seen, usage);
}

function takeCohereMessage(seen: Draft, { content, tool_plan, tool_calls }: CohereMessage): void {
  seen.text += tool_plan ?? "";
  for (const part of [content ?? []].flat()) seen.text += part.text ?? "";
  for (const call of [tool_calls ?? []].flat()) {
    seen.tools.push({
      id: call.id ?? "",
      name: call.function?.name ?? "",
      arguments: call.function?.arguments ?? "",
    });
  }
}

function takeCohereEvent(seen: Draft, { type, index, delta }: CohereShape): void {
  if (type === "message-end") {
    seen.finish = delta?.finish_reason ?? null;
    if (delta?.error !== undefined) seen.error = delta.error;
    seen.endings.push(delta?.error === undefined ? "message-end" : "error");
    countCohere(seen, delta?.usage);
  } else if (type === "tool-call-delta") {
    const call = [delta?.message?.tool_calls ?? []].flat()[0];
    const tool = seen.tools[index ?? 0];
    if (tool !== undefined) tool.arguments += call?.function?.arguments ?? "";
  } else takeCohereMessage(seen, delta?.message ?? {});
}

function countCohere(seen: Draft, usage: CohereUsage | undefined): void {
  const { input_tokens: input, output_tokens: output } = usage?.tokens ?? {};
  if (input !== undefined && output !== undefined) seen.usage = { input, output };
}
