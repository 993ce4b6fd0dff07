/** The scripted vendor of Cohere's v2 chat, and what it refuses (docs.cohere.com, chat reference, read 2026-11-27). */
import { asText, type JsonObject, at as within } from "../../../src/std/json.ts";
import { type Asked, type Dialect, type Fault, pieces, sse, type Turn } from "./dialect.ts";
import { nameProblem, objects, pairProblems, parsedArguments, textOfContent, unknownMembers } from "./rules.ts";
import type { HistoryStep } from "./script.ts";

const KNOWN = [
  ...[
    "model",
    "messages",
    "stream",
    "tools",
    "strict_tools",
    "tool_choice",
    "documents",
    "citation_options",
    "response_format",
  ],
  ...[
    "safety_mode",
    "max_tokens",
    "stop_sequences",
    "temperature",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "k",
    "p",
  ],
  ...["logprobs", "thinking", "priority", "raw_prompting"],
];
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  system: ["role", "content"],
  user: ["role", "content"],
  assistant: ["role", "content", "tool_calls", "tool_plan", "citations"],
  tool: ["role", "content", "tool_call_id"],
};
const NAME = /^[a-zA-Z_][a-zA-Z0-9_-]*$/;
const USAGE = {
  billed_units: { input_tokens: 12, output_tokens: 7 },
  tokens: { input_tokens: 15, output_tokens: 7 },
  cached_tokens: 3,
};
const STATUS: Readonly<Record<Fault, number>> = {
  rejected: 400,
  limited: 429,
  "bad-key": 401,
  overloaded: 503,
  broken: 500,
};

export const COHERE_DIALECT: Dialect = {
  protocol: "cohere",
  streamType: "text/event-stream",
  route: (path, body) =>
    path === "/v2/chat" ? { model: asText(body["model"]) ?? "", stream: body["stream"] === true } : null,
  problems,
  history,
  idOf: (step, call) => `get_step${step}_call${call}_wf0rc70sqj7v`,
  whole({ text, calls, reasoning = null }) {
    const tool_calls = calls.map(wireCall);
    const content = [
      ...(reasoning === null ? [] : [{ type: "thinking", thinking: reasoning.text }]),
      ...(calls.length > 0 ? [] : [{ type: "text", text }]),
    ];
    const plan = calls.length > 0 && text !== "" ? { tool_plan: text } : {};
    const words = { ...plan, ...(content.length === 0 ? {} : { content }) };
    return JSON.stringify({
      id: "965405bb-b9da-4dc5-b329-e708a795e188",
      message: { role: "assistant", ...words, ...(calls.length > 0 ? { tool_calls } : {}) },
      finish_reason: calls.length > 0 ? "TOOL_CALL" : "COMPLETE",
      usage: USAGE,
    });
  },
  frames: streamed,
  error: (fault, message) => ({
    status: STATUS[fault],
    headers: {},
    body: JSON.stringify({ id: "c167e04b-cfc2-44a9-927c-6d78c47fb5fe", message }),
  }),
};

const wireCall = (call: Turn["calls"][number]) => ({
  id: call.id,
  type: "function",
  function: { name: call.name, arguments: call.arguments },
});

function streamed({ text, calls, reasoning = null }: Turn): string[] {
  const frames: string[] = [];
  const add = (type: string, rest: JsonObject): void => {
    frames.push(sse(type, JSON.stringify({ type, ...rest })));
  };
  const message = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
  add("message-start", { id: "a7e48140-56c7-47e1-930a-26a8987e7d47", delta: { message } });
  if (reasoning !== null) {
    add("content-start", { index: 0, delta: { message: { content: { type: "thinking", thinking: "" } } } });
    for (const thinking of pieces(reasoning.text))
      add("content-delta", { index: 0, delta: { message: { content: { thinking } } } });
    add("content-end", { index: 0 });
  }
  const index = reasoning === null ? 0 : 1;
  if (calls.length > 0)
    for (const piece of pieces(text)) add("tool-plan-delta", { delta: { message: { tool_plan: piece } } });
  else {
    add("content-start", { index, delta: { message: { content: { type: "text", text: "" } } } });
    for (const piece of pieces(text)) add("content-delta", { index, delta: { message: { content: { text: piece } } } });
    add("content-end", { index });
  }
  for (const [index, call] of calls.entries()) {
    const tool_calls = { ...wireCall(call), function: { name: call.name, arguments: "" } };
    add("tool-call-start", { index, delta: { message: { tool_calls } } });
    for (const piece of pieces(call.arguments))
      add("tool-call-delta", { index, delta: { message: { tool_calls: { function: { arguments: piece } } } } });
    add("tool-call-end", { index });
  }
  add("message-end", { delta: { finish_reason: calls.length > 0 ? "TOOL_CALL" : "COMPLETE", usage: USAGE } });
  frames.push("data: [DONE]\n\n");
  return frames;
}

const callsOf = (message: JsonObject): JsonObject[] => objects(message["tool_calls"]);

function problems({ body, request }: Asked): string[] {
  const messages = objects(body["messages"]);
  return [
    ...(request.headers["authorization"]?.startsWith("Bearer ") === true ? [] : ["no api key supplied"]),
    ...unknownMembers(body, KNOWN, "body"),
    ...(messages.length > 0 ? [] : ["messages: must not be empty"]),
    ...objects(body["tools"]).flatMap((tool) => [
      ...(tool["type"] === "function" ? [] : ["tools: type must be function"]),
      ...nameProblem(within(tool, "function", "name"), NAME, "tools"),
    ]),
    ...messages.flatMap((message, at) => messageProblems(messages, message, at)),
  ];
}

function messageProblems(messages: readonly JsonObject[], message: JsonObject, at: number): string[] {
  const where = `messages[${at}]`;
  const known = MEMBERS[asText(message["role"]) ?? ""];
  if (known === undefined) return [`${where}: role ${String(message["role"])} is not allowed`];
  const found = unknownMembers(message, known, where);
  const { content } = message;
  const isEmpty =
    content === undefined || content === null || content === "" || (Array.isArray(content) && content.length === 0);
  if (isEmpty && callsOf(message).length === 0) found.push(`${where}: must have at least one token long`);
  for (const call of callsOf(message)) {
    if (typeof within(call, "function", "arguments") !== "string") found.push(`${where}: arguments must be a string`);
    if (call["type"] !== "function") found.push(`${where}: tool call without type`);
  }
  if (message["role"] === "tool") {
    const owner = messages.slice(0, at).findLast((each) => each["role"] !== "tool");
    if (owner === undefined || callsOf(owner).length === 0)
      found.push(`${where}: a tool message must follow tool calls`);
  } else {
    const results = resultsAfter(messages, at).map((each) => asText(each["tool_call_id"]) ?? "");
    found.push(
      ...pairProblems(
        callsOf(message).map((call) => asText(call["id"]) ?? ""),
        results,
        where,
      ),
    );
  }
  return found;
}

function resultsAfter(messages: readonly JsonObject[], at: number): JsonObject[] {
  const rest = messages.slice(at + 1);
  const end = rest.findIndex((message) => message["role"] !== "tool");
  return end === -1 ? rest : rest.slice(0, end);
}

function history(body: JsonObject): HistoryStep[] {
  const messages = objects(body["messages"]);
  return messages.flatMap((message, at) =>
    callsOf(message).length === 0
      ? []
      : {
          // The plan is what the vendor said beside its calls; a client may also give words as content.
          text: `${asText(message["tool_plan"]) ?? ""}${textOfContent(message["content"])}`,
          calls: callsOf(message).map((call) => ({
            id: asText(call["id"]) ?? "",
            name: asText(within(call, "function", "name")) ?? "",
            arguments: parsedArguments(within(call, "function", "arguments")),
          })),
          results: resultsAfter(messages, at).map((result) => ({
            id: asText(result["tool_call_id"]) ?? "",
            name: null,
            content: documentOf(result["content"]),
          })),
        },
  );
}

/** A result is text, parts of text, or documents that hold data. */
function documentOf(content: unknown): unknown {
  const parts = objects(content);
  const data = parts.length === 1 ? within(parts[0], "document", "data") : undefined;
  return data ?? content;
}
