/** Codex: no stored state, sealed reasoning in its history, a free-form tool, rules as a developer. */
import { asText, type JsonObject } from "../../../src/std/json.ts";
import { AGENT_QUESTION, AGENT_SYSTEM, AGENT_TOOLS, FREE_TOOL } from "../scripted/agent-script.ts";
import { objects, parsedArguments, textOfContent } from "../scripted/rules.ts";
import type { Agent } from "./agent.ts";
import { responsesAnswer } from "./streams.ts";

const SESSION = "019f5604-4cf2-7543-811a-0fbdd9b68ac8";
const GRAMMAR = 'start: "*** Begin Patch" LF /(.|\\n)+/ "*** End Patch" LF?\n%import common.LF\n';
const said = (role: string, text: string): JsonObject => ({
  type: "message",
  role,
  content: [{ type: "input_text", text }],
});

const TOOLS = AGENT_TOOLS.map(({ name, description, schema }) =>
  name === FREE_TOOL
    ? { type: "custom", name, description, format: { type: "grammar", syntax: "lark", definition: GRAMMAR } }
    : { type: "function", name, description, strict: false, parameters: { ...schema, additionalProperties: false } },
);

/** What the program writes of an item when it sends it again: no id, no status. */
function kept(item: JsonObject): JsonObject[] {
  const { type } = item;
  if (type === "reasoning") {
    const { summary, encrypted_content } = item;
    return [{ type, summary: summary ?? [], encrypted_content: encrypted_content ?? null }];
  }
  if (type === "message") {
    const content = objects(item["content"]).map(({ text }) => ({ type: "output_text", text }));
    return [{ type, role: "assistant", content }];
  }
  const { id: _, status: __, ...rest } = item;
  return type === "function_call" || type === "custom_tool_call" ? [rest] : [];
}

export const CODEX: Agent = {
  name: "Codex",
  protocol: "responses",
  headers: {
    authorization: "Bearer client-key",
    originator: "codex_exec",
    "session-id": SESSION,
    "thread-id": SESSION,
  },
  path: () => "/v1/responses",
  begin: (model, stream) => ({
    model,
    instructions: AGENT_SYSTEM,
    input: [
      said("developer", "The sandbox is read-write; the network is off."),
      said("user", "<environment_context><cwd>/work</cwd></environment_context>"),
      said("user", AGENT_QUESTION),
    ],
    tools: TOOLS,
    tool_choice: "auto",
    parallel_tool_calls: true,
    reasoning: { effort: "medium", summary: "auto" },
    store: false,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: SESSION,
    text: { verbosity: "medium" },
    ...(stream ? { stream } : {}),
  }),
  assemble: responsesAnswer,
  calls: ({ output }) =>
    objects(output).flatMap((item) => {
      const id = asText(item["call_id"]) ?? "";
      const name = asText(item["name"]) ?? "";
      if (item["type"] === "function_call") return [{ id, name, input: parsedArguments(item["arguments"]) }];
      return item["type"] === "custom_tool_call" ? [{ id, name, input: { input: item["input"] } }] : [];
    }),
  text: ({ output }) =>
    objects(output)
      .map((item) => (item["type"] === "message" ? textOfContent(item["content"]) : ""))
      .join(""),
  next: (body, { output }, results) => ({
    ...body,
    input: [
      ...objects(body["input"]),
      ...objects(output).flatMap(kept),
      ...results.map(({ id, name, output: told }) => ({
        type: name === FREE_TOOL ? "custom_tool_call_output" : "function_call_output",
        call_id: id,
        output: told,
      })),
    ],
  }),
};
