/** The scripted vendor of the Messages API, and what it refuses (platform.claude.com, messages and tool use, read 2026-11-27). */
import { asText, type JsonObject } from "../../../src/std/json.ts";
import { ANTHROPIC_WORDS, said } from "../vendor-words.ts";
import type { Asked, Dialect, Fault, Turn } from "./dialect.ts";
import { nameProblem, objects, pairProblems, textOfContent, unknownMembers } from "./rules.ts";
import type { HistoryStep } from "./script.ts";

const KNOWN = [
  ...["model", "messages", "max_tokens", "system", "tools", "tool_choice", "stream", "temperature", "top_p", "top_k"],
  ...["stop_sequences", "metadata", "service_tier", "thinking", "output_config", "cache_control", "context_management"],
];
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const CALL_ID = /^[a-zA-Z0-9_-]+$/;
const ERRORS: Readonly<Record<Fault, readonly [number, string]>> = {
  rejected: [400, "invalid_request_error"],
  limited: [429, "rate_limit_error"],
  "bad-key": [401, "authentication_error"],
  overloaded: [529, "overloaded_error"],
  broken: [500, "api_error"],
};

/** `roles`: whose messages stand in the conversation. */
export const messagesDialect = (roles: readonly string[]): Dialect => ({
  protocol: "anthropic",
  streamType: "text/event-stream; charset=utf-8",
  route: (path, body) =>
    /^\/v1\/messages(\?|$)/.test(path) ? { model: asText(body["model"]) ?? "", stream: body["stream"] === true } : null,
  problems: (asked) => problems(asked, roles),
  history,
  idOf: (step, call) => `toolu_01Step${step}Call${call}AbCdEfGhIjKlM`,
  whole: (turn) => ANTHROPIC_WORDS.body(spoken(turn)),
  frames: (turn) => ANTHROPIC_WORDS.frames(spoken(turn)),
  error(fault, message) {
    const [status, type] = ERRORS[fault];
    return {
      status,
      headers: { "request-id": "req_vendor_1" },
      body: JSON.stringify({ type: "error", error: { type, message }, request_id: "req_vendor_1" }),
    };
  },
});

export const ANTHROPIC_DIALECT: Dialect = messagesDialect(["user", "assistant"]);

export function spoken({ model, text, calls, reasoning = null }: Turn) {
  const tools = calls.map((call) => ({ ...call, id: call.id ?? "" }));
  const third = Math.ceil(text.length / 3);
  const pieces = [text.slice(0, third), text.slice(third)].filter((piece) => piece !== "");
  return said({ model, pieces, tools, reasoning });
}

function problems({ body, request }: Asked, roles: readonly string[]): string[] {
  const messages = objects(body["messages"]);
  return [
    ...(request.headers["anthropic-version"] === undefined ? ["anthropic-version: header is required"] : []),
    ...(request.headers["x-api-key"] === undefined && request.headers["authorization"] === undefined ? ["no key"] : []),
    ...unknownMembers(body, KNOWN, "body"),
    ...(Number.isInteger(body["max_tokens"]) ? [] : ["max_tokens: Field required"]),
    ...(messages[0]?.["role"] === "user" ? [] : ["messages: first message must use the user role"]),
    ...objects(body["tools"]).flatMap((tool, at) => [
      ...nameProblem(tool["name"], TOOL_NAME, `tools.${at}`),
      ...(Object(tool["input_schema"]).type === "object" ? [] : [`tools.${at}.input_schema.type: Field required`]),
      ...unknownMembers(
        tool,
        ["name", "description", "input_schema", "strict", "type", "cache_control", "eager_input_streaming"],
        `tools.${at}`,
      ),
    ]),
    ...messages.flatMap((message, at) => [
      ...(roles.includes(String(message["role"]))
        ? []
        : [`messages.${at}: role ${String(message["role"])} is not allowed`]),
      ...messageProblems(message, messages[at + 1], `messages.${at}`),
    ]),
    ...(messages.some((message) => callsOf(message).length > 0) && objects(body["tools"]).length === 0
      ? ["tools: Field required when the conversation holds tool blocks"]
      : []),
  ];
}

function messageProblems(message: JsonObject, next: JsonObject | undefined, where: string): string[] {
  const blocks = objects(message["content"]);
  const role = message["role"];
  const calls = callsOf(message).map((block) => asText(block["id"]) ?? "");
  const results = objects(next?.["content"]).filter((block) => block["type"] === "tool_result");
  const firstOther = objects(next?.["content"]).findIndex((block) => block["type"] !== "tool_result");
  return [
    ...unknownMembers(message, ["role", "content"], where),
    ...(message["content"] === "" || (Array.isArray(message["content"]) && blocks.length === 0)
      ? [`${where}: content is empty`]
      : []),
    ...blocks.flatMap((block) =>
      block["type"] === "text" && (asText(block["text"]) ?? "").trim() === ""
        ? [`${where}: text content blocks must be non-empty`]
        : [],
    ),
    ...calls.flatMap((id) => nameProblem(id, CALL_ID, `${where} tool_use id`)),
    ...(calls.length === 0
      ? []
      : pairProblems(
          calls,
          results.map((block) => asText(block["tool_use_id"]) ?? ""),
          where,
        )),
    ...(calls.length > 0 && firstOther !== -1 && firstOther < results.length
      ? [`${where}: results must come first`]
      : []),
    ...(role === "user" && calls.length > 0 ? [`${where}: tool_use in a user message`] : []),
  ];
}

const callsOf = (message: JsonObject): JsonObject[] =>
  objects(message["content"]).filter((block) => block["type"] === "tool_use");

function history(body: JsonObject): HistoryStep[] {
  const messages = objects(body["messages"]);
  return messages.flatMap((message, at) => {
    const calls = callsOf(message);
    if (calls.length === 0) return [];
    const results = objects(messages[at + 1]?.["content"]).filter((block) => block["type"] === "tool_result");
    return {
      text: textOfContent(objects(message["content"]).filter((block) => block["type"] === "text")),
      calls: calls.map((block) => ({
        id: asText(block["id"]) ?? "",
        name: asText(block["name"]) ?? "",
        arguments: block["input"],
      })),
      results: results.map((block) => ({
        id: asText(block["tool_use_id"]) ?? "",
        name: null,
        content: block["content"],
      })),
    };
  });
}
