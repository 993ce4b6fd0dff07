/** The scripted vendor of the Responses API, and what it refuses (platform.openai.com, responses reference, read 2026-11-27). */
import { asText, type JsonObject } from "../../../src/std/json.ts";
import { RESPONSES_WORDS } from "../vendor-words.ts";
import { spoken } from "./anthropic.ts";
import type { Asked, Dialect } from "./dialect.ts";
import { openaiError } from "./openai.ts";
import { nameProblem, objects, pairProblems, parsedArguments, textOfContent, unknownMembers } from "./rules.ts";
import type { HistoryStep } from "./script.ts";

const KNOWN = [
  ...[
    "model",
    "input",
    "instructions",
    "stream",
    "stream_options",
    "max_output_tokens",
    "max_tool_calls",
    "temperature",
  ],
  ...[
    "top_p",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "text",
    "reasoning",
    "include",
    "store",
    "user",
    "metadata",
  ],
  ...["service_tier", "truncation", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "top_logprobs"],
  ...["background", "previous_response_id", "client_metadata"],
];
const ITEMS: Readonly<Record<string, readonly string[]>> = {
  message: ["type", "role", "content", "id", "status", "phase"],
  function_call: ["type", "call_id", "name", "arguments", "id", "status"],
  function_call_output: ["type", "call_id", "output", "id", "status"],
  reasoning: ["type", "id", "summary", "encrypted_content", "content", "status"],
  custom_tool_call: ["type", "call_id", "name", "input", "id", "status"],
  custom_tool_call_output: ["type", "call_id", "output", "id", "status"],
};
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  namespace: ["type", "name", "description", "tools"],
  function: ["type", "name", "description", "parameters", "strict"],
  custom: ["type", "name", "description", "format"],
};
const PREFIXES: Readonly<Record<string, string>> = {
  message: "msg_",
  function_call: "fc_",
  reasoning: "rs_",
  custom_tool_call: "ctc_",
};
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;

export const RESPONSES_DIALECT: Dialect = {
  protocol: "responses",
  streamType: "text/event-stream; charset=utf-8",
  route: (path, body) =>
    path === "/v1/responses" ? { model: asText(body["model"]) ?? "", stream: body["stream"] === true } : null,
  problems,
  history,
  customTools: (body) =>
    objects(body["tools"]).flatMap((tool) => (tool["type"] === "custom" ? [asText(tool["name"]) ?? ""] : [])),
  idOf: (step, call) => `call_Step${step}Call${call}ResponsesAbCdEf`,
  whole: (turn) => RESPONSES_WORDS.body(spoken(turn)),
  frames: (turn) => RESPONSES_WORDS.frames(spoken(turn)),
  error: openaiError,
};

const itemsOf = (body: JsonObject): JsonObject[] => objects(body["input"]);
const typeOf = (item: JsonObject): string => asText(item["type"]) ?? "message";
const idsOf = (items: readonly JsonObject[], type: string): string[] =>
  items.flatMap((item) => (typeOf(item) === type ? [asText(item["call_id"]) ?? ""] : []));

function problems({ body, request }: Asked): string[] {
  const items = itemsOf(body);
  return [
    ...(request.headers["authorization"]?.startsWith("Bearer ") === true ? [] : ["no key"]),
    ...unknownMembers(body, KNOWN, "body"),
    ...(typeof body["input"] === "string" || items.length > 0 ? [] : ["input: required"]),
    ...objects(body["tools"]).flatMap((tool, at) => {
      const known = TOOLS[asText(tool["type"]) ?? ""];
      if (known === undefined)
        return [`tools[${at}].type: ${String(tool["type"])} is not one this vendor is given here`];
      return [...nameProblem(tool["name"], NAME, `tools[${at}]`), ...unknownMembers(tool, known, `tools[${at}]`)];
    }),
    ...items.flatMap(itemProblems),
    ...pairProblems(idsOf(items, "function_call"), idsOf(items, "function_call_output"), "input"),
    ...pairProblems(idsOf(items, "custom_tool_call"), idsOf(items, "custom_tool_call_output"), "input"),
  ];
}

function itemProblems(item: JsonObject, at: number): string[] {
  const where = `input[${at}]`;
  const type = typeOf(item);
  const known = ITEMS[type];
  if (known === undefined) return [`${where}: type ${type} is not allowed`];
  const found = unknownMembers(item, known, where);
  const id = asText(item["id"]);
  const prefix = PREFIXES[type];
  if (id !== undefined && prefix !== undefined && !id.startsWith(prefix))
    found.push(`${where}.id: expected an id that begins with ${prefix}`);
  if (type === "function_call" && typeof item["arguments"] !== "string") found.push(`${where}.arguments: not a string`);
  if (type === "function_call" && (asText(item["call_id"]) ?? "").length > 64) found.push(`${where}.call_id: too long`);
  if (type === "message") found.push(...partProblems(item, where));
  return found;
}

function partProblems(item: JsonObject, where: string): string[] {
  const allowed =
    item["role"] === "assistant" ? ["output_text", "refusal"] : ["input_text", "input_image", "input_file"];
  return objects(item["content"]).flatMap((part) =>
    allowed.includes(asText(part["type"]) ?? "")
      ? []
      : [`${where}: a part ${String(part["type"])} of ${String(item["role"])}`],
  );
}

/** Calls follow each other; the results that stand behind them close the step. */
function history(body: JsonObject): HistoryStep[] {
  const steps: { text: string; calls: HistoryStep["calls"][number][]; results: HistoryStep["results"][number][] }[] =
    [];
  let text = "";
  for (const item of itemsOf(body)) {
    const type = typeOf(item);
    const last = steps.at(-1);
    if (type === "message") text = item["role"] === "assistant" ? text + textOfContent(item["content"]) : "";
    if (type === "function_call" || type === "custom_tool_call") {
      const call = {
        id: asText(item["call_id"]) ?? "",
        name: asText(item["name"]) ?? "",
        arguments: type === "function_call" ? parsedArguments(item["arguments"]) : { input: item["input"] },
      };
      if (last === undefined || last.results.length > 0) steps.push({ text, calls: [call], results: [] });
      else last.calls.push(call);
      text = "";
    }
    if (type === "function_call_output" || type === "custom_tool_call_output") {
      last?.results.push({ id: asText(item["call_id"]) ?? "", name: null, content: item["output"] });
    }
  }
  return steps;
}
