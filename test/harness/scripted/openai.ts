/** The scripted vendor of Chat Completions, and what it refuses (platform.openai.com, chat reference, read 2026-11-27). */
import { asObject, asText, type JsonObject, at as within } from "../../../src/std/json.ts";
import { OPENAI_WORDS } from "../vendor-words.ts";
import { spoken } from "./anthropic.ts";
import type { Asked, Dialect, Fault } from "./dialect.ts";
import { nameProblem, objects, pairProblems, parsedArguments, textOfContent, unknownMembers } from "./rules.ts";
import type { HistoryStep } from "./script.ts";

const KNOWN = [
  ...["model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p"],
  ...[
    "n",
    "stop",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "seed",
    "user",
    "reasoning_effort",
  ],
  ...["presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "service_tier", "store"],
  ...["metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "verbosity", "modalities"],
];
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
export const CHAT_MEMBERS: Readonly<Record<string, readonly string[]>> = {
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

/** How a vendor of this dialect differs from the one that made it. */
export interface ChatWire {
  readonly path?: string;
  /** Top-level members; null: it reads over those it does not know. */
  readonly known?: readonly string[] | null;
  /** Members of a message by its role: a role that is not here is refused. */
  readonly members?: Readonly<Record<string, readonly string[]>>;
  readonly takesCustomTools?: boolean;
  readonly idOf?: (step: number, call: number) => string;
}

export function chatDialect(wire: ChatWire = {}): Dialect {
  const path = wire.path ?? "/v1/chat/completions";
  return {
    protocol: "openai",
    streamType: "text/event-stream; charset=utf-8",
    route: (asked, body) =>
      asked === path ? { model: asText(body["model"]) ?? "", stream: body["stream"] === true } : null,
    problems: (asked) => problems(asked, wire),
    history,
    customTools: (body) =>
      objects(body["tools"]).flatMap((tool) =>
        tool["type"] === "custom" ? [asText(within(tool, "custom", "name")) ?? ""] : [],
      ),
    idOf: wire.idOf ?? ((step, call) => `call_Step${step}Call${call}AbCdEfGhIjKlMn`),
    whole: (turn) => OPENAI_WORDS.body(spoken(turn)),
    frames: (turn, { body }) =>
      OPENAI_WORDS.frames(spoken(turn), { usage: asObject(body["stream_options"])?.["include_usage"] === true }),
    error: openaiError,
  };
}

export const OPENAI_DIALECT: Dialect = chatDialect();

const callsOf = (message: JsonObject): JsonObject[] => objects(message["tool_calls"]);
const idsOf = (message: JsonObject): string[] => callsOf(message).map((call) => asText(call["id"]) ?? "");
const isCustom = (call: JsonObject): boolean => call["type"] === "custom";

function problems({ body, request }: Asked, wire: ChatWire): string[] {
  const messages = objects(body["messages"]);
  const key = request.headers["authorization"]?.startsWith("Bearer ") === true || "api-key" in request.headers;
  const known = wire.known === undefined ? KNOWN : wire.known;
  return [
    ...(key ? [] : ["no key"]),
    ...(known === null ? [] : unknownMembers(body, known, "body")),
    ...(messages.length > 0 ? [] : ["messages: too short"]),
    ...objects(body["tools"]).flatMap((tool, at) => toolProblems(tool, `tools[${at}]`, wire)),
    ...messages.keys().flatMap((at) => messageProblems(messages, at, wire)),
  ];
}

function toolProblems(tool: JsonObject, where: string, { takesCustomTools = true }: ChatWire): string[] {
  if (isCustom(tool) && takesCustomTools) return nameProblem(within(tool, "custom", "name"), NAME, where);
  return [
    ...(tool["type"] === "function" ? [] : [`${where}.type: not a function`]),
    ...nameProblem(within(tool, "function", "name"), NAME, where),
  ];
}

function messageProblems(messages: readonly JsonObject[], at: number, wire: ChatWire): string[] {
  const where = `messages[${at}]`;
  const message = messages[at] ?? {};
  const known = (wire.members ?? CHAT_MEMBERS)[asText(message["role"]) ?? ""];
  if (known === undefined) return [`${where}: role ${String(message["role"])} is not allowed`];
  const found = unknownMembers(message, known, where);
  const { content } = message;
  const isEmpty = content === null || content === undefined;
  if (message["role"] === "assistant") {
    if (isEmpty && callsOf(message).length === 0) found.push(`${where}: content is required without tool_calls`);
    if (Array.isArray(message["tool_calls"]) && callsOf(message).length === 0)
      found.push(`${where}: tool_calls is empty`);
    for (const call of callsOf(message)) found.push(...callProblems(call, where, wire));
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

function callProblems(call: JsonObject, where: string, { takesCustomTools = true }: ChatWire): string[] {
  const isFreeText = isCustom(call) && takesCustomTools;
  const [name, said] = isFreeText
    ? [within(call, "custom", "name"), within(call, "custom", "input")]
    : [within(call, "function", "name"), within(call, "function", "arguments")];
  return [
    ...(typeof said === "string" ? [] : [`${where}: arguments must be a string`]),
    ...((asText(call["id"]) ?? "").length > 40 ? [`${where}: an id of more than 40 characters`] : []),
    ...nameProblem(name, NAME, where),
  ];
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
            name: asText(within(call, isCustom(call) ? "custom" : "function", "name")) ?? "",
            arguments: isCustom(call)
              ? { input: within(call, "custom", "input") }
              : parsedArguments(within(call, "function", "arguments")),
          })),
          results: resultsAfter(messages, at).map((result) => ({
            id: asText(result["tool_call_id"]) ?? "",
            name: null,
            content: result["content"],
          })),
        },
  );
}
