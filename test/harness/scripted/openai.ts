/** The scripted vendor of Chat Completions, and what it refuses (platform.openai.com, chat reference, read 2026-11-27). */
import { asObject, asText, type JsonObject, at as within } from "../../../src/std/json.ts";
import { OPENAI_WORDS } from "../vendor-words.ts";
import { spoken } from "./anthropic.ts";
import type { Asked, Dialect, Fault } from "./dialect.ts";
import { nameProblem, objects, pairProblems, parsedArguments, textOfContent, unknownMembers } from "./rules.ts";
import type { HistoryStep } from "./script.ts";

const KNOWN = [
  ...[
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "n",
  ],
  ...[
    "stop",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "seed",
    "user",
    "reasoning_effort",
    "metadata",
  ],
  ...[
    "presence_penalty",
    "frequency_penalty",
    "logprobs",
    "top_logprobs",
    "service_tier",
    "store",
    "safety_identifier",
  ],
];
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  system: ["role", "content", "name"],
  developer: ["role", "content", "name"],
  user: ["role", "content", "name"],
  assistant: ["role", "content", "name", "tool_calls", "refusal", "audio", "annotations"],
  tool: ["role", "content", "tool_call_id"],
};
const ERRORS: Readonly<Record<Fault, readonly [number, string, string | null]>> = {
  rejected: [400, "invalid_request_error", null],
  limited: [429, "requests", "rate_limit_exceeded"],
  "bad-key": [401, "invalid_request_error", "invalid_api_key"],
  overloaded: [503, "server_error", null],
  broken: [500, "server_error", null],
};

export function openaiError(fault: Fault, message: string) {
  const [status, type, code] = ERRORS[fault];
  const headers = { "x-request-id": "req_vendor_1" };
  return { status, headers, body: JSON.stringify({ error: { message, type, param: null, code } }) };
}

export const OPENAI_DIALECT: Dialect = {
  protocol: "openai",
  streamType: "text/event-stream; charset=utf-8",
  route: (path, body) =>
    path === "/v1/chat/completions" ? { model: asText(body["model"]) ?? "", stream: body["stream"] === true } : null,
  problems,
  history,
  idOf: (step, call) => `call_Step${step}Call${call}AbCdEfGhIjKlMn`,
  whole: (turn) => OPENAI_WORDS.body(spoken(turn)),
  frames: (turn, { body }) =>
    OPENAI_WORDS.frames(spoken(turn), { usage: asObject(body["stream_options"])?.["include_usage"] === true }),
  error: openaiError,
};

const callsOf = (message: JsonObject): JsonObject[] => objects(message["tool_calls"]);
const idsOf = (message: JsonObject): string[] => callsOf(message).map((call) => asText(call["id"]) ?? "");

function problems({ body, request }: Asked): string[] {
  const messages = objects(body["messages"]);
  return [
    ...(request.headers["authorization"]?.startsWith("Bearer ") === true ? [] : ["no key"]),
    ...unknownMembers(body, KNOWN, "body"),
    ...(messages.length > 0 ? [] : ["messages: too short"]),
    ...objects(body["tools"]).flatMap((tool, at) => [
      ...(tool["type"] === "function" ? [] : [`tools[${at}].type: not a function`]),
      ...nameProblem(within(tool, "function", "name"), NAME, `tools[${at}]`),
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
  const isEmpty = content === null || content === undefined;
  if (message["role"] === "assistant") {
    if (isEmpty && callsOf(message).length === 0) found.push(`${where}: content is required without tool_calls`);
    if (Array.isArray(message["tool_calls"]) && callsOf(message).length === 0)
      found.push(`${where}: tool_calls is empty`);
    for (const call of callsOf(message)) {
      if (typeof within(call, "function", "arguments") !== "string") found.push(`${where}: arguments must be a string`);
      if ((asText(call["id"]) ?? "").length > 40) found.push(`${where}: an id of more than 40 characters`);
      found.push(...nameProblem(within(call, "function", "name"), NAME, where));
    }
  } else if (isEmpty) found.push(`${where}: content is required`);
  if (message["role"] === "tool") {
    if (before(messages, at)?.["role"] !== "assistant") found.push(`${where}: role tool must follow tool_calls`);
  } else
    found.push(
      ...pairProblems(
        idsOf(message),
        resultsAfter(messages, at).map((each) => asText(each["tool_call_id"]) ?? ""),
        where,
      ),
    );
  return found;
}

/** The message a run of results belongs to. */
const before = (messages: readonly JsonObject[], at: number): JsonObject | undefined =>
  messages.slice(0, at).findLast((message) => message["role"] !== "tool");

/** The run of results right behind a message. */
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
          text: textOfContent(message["content"]),
          calls: callsOf(message).map((call) => ({
            id: asText(call["id"]) ?? "",
            name: asText(within(call, "function", "name")) ?? "",
            arguments: parsedArguments(within(call, "function", "arguments")),
          })),
          results: resultsAfter(messages, at).map((result) => ({
            id: asText(result["tool_call_id"]) ?? "",
            name: null,
            content: result["content"],
          })),
        },
  );
}
