/** Agents of Chat Completions: OpenCode, one that sets its sampling, and Qwen Code, which keeps the reasoning it was shown. */
import { asObject, asText, type JsonObject, at as within } from "../../../src/std/json.ts";
import { AGENT_QUESTION, AGENT_SYSTEM, AGENT_TOOLS } from "../scripted/agent-script.ts";
import { objects, parsedArguments } from "../scripted/rules.ts";
import type { Agent } from "./agent.ts";
import { chatAnswer } from "./streams.ts";

const TOOLS = AGENT_TOOLS.map(({ name, description, schema }) => ({
  type: "function",
  function: { name, description, parameters: schema },
}));

interface ChatAgent {
  readonly name: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly members: JsonObject;
  readonly keepsReasoning: boolean;
}

function chatAgent({ name, headers = {}, members, keepsReasoning }: ChatAgent): Agent {
  return {
    name,
    protocol: "openai",
    headers: { authorization: "Bearer client-key", ...headers },
    path: () => "/v1/chat/completions",
    begin: (model, stream) => ({
      model,
      messages: [
        { role: "system", content: AGENT_SYSTEM },
        { role: "user", content: AGENT_QUESTION },
      ],
      tools: TOOLS,
      tool_choice: "auto",
      ...members,
      ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
    }),
    assemble: chatAnswer,
    calls: (answer) =>
      objects(messageOf(answer)["tool_calls"]).map((call) => ({
        id: asText(call["id"]) ?? "",
        name: asText(within(call, "function", "name")) ?? "",
        input: parsedArguments(within(call, "function", "arguments")),
      })),
    text: (answer) => asText(messageOf(answer)["content"]) ?? "",
    next(body, answer, results) {
      const { content, tool_calls, reasoning_content } = messageOf(answer);
      const thoughts = keepsReasoning && asText(reasoning_content) ? { reasoning_content } : {};
      return {
        ...body,
        messages: [
          ...objects(body["messages"]),
          { role: "assistant", content: content ?? "", tool_calls, ...thoughts },
          ...results.map(({ id, output }) => ({ role: "tool", tool_call_id: id, content: output })),
        ],
      };
    },
  };
}

const messageOf = (answer: JsonObject): JsonObject => asObject(objects(answer["choices"])[0]?.["message"]) ?? {};

export const OPENCODE = chatAgent({
  name: "OpenCode",
  headers: { "x-session-id": "ses_f326df505ffe", "x-session-affinity": "ses_f326df505ffe" },
  members: { max_tokens: 32_000 },
  keepsReasoning: false,
});

/** As aider and Continue do. */
export const SAMPLING_AGENT = chatAgent({
  name: "an agent of Chat that sets its sampling",
  members: { max_tokens: 4_096, temperature: 0, top_p: 0.9, stop: ["<|done|>"] },
  keepsReasoning: false,
});

export const QWEN_CODE = chatAgent({ name: "Qwen Code", members: {}, keepsReasoning: true });
