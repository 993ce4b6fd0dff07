/** Claude Code, and an agent of the Messages API that asks for thinking with a budget. */
import { asText, type JsonObject } from "../../../src/std/json.ts";
import { AGENT_QUESTION, AGENT_SYSTEM, AGENT_TOOLS } from "../scripted/agent-script.ts";
import { objects } from "../scripted/rules.ts";
import type { Agent } from "./agent.ts";
import { messagesAnswer } from "./streams.ts";

const MARK = { cache_control: { type: "ephemeral" } };
const SYSTEM = [
  { type: "text", text: "x-anthropic-billing-header: cc_version=2.1.332; cc_entrypoint=sdk-cli;" },
  { type: "text", text: "You are Claude Code.", ...MARK },
  { type: "text", text: AGENT_SYSTEM, ...MARK },
];
const TOOLS = AGENT_TOOLS.map(({ name, description, schema }) => ({
  name,
  description,
  input_schema: { $schema: "https://json-schema.org/draft/2020-12/schema", ...schema, additionalProperties: false },
}));
const HEADERS = {
  authorization: "Bearer client-key",
  "anthropic-version": "2023-06-01",
  "x-app": "cli",
  "x-claude-code-session-id": "5f0c2d9e-7a56-4a1c-9d62-0c5d1e4f7b80",
};
/** Models known to the program that take a budget and no system message behind a user's. */
const isOlder = (model: string): boolean => /sonnet-4-5|haiku-4-5|opus-4-5/.test(model);

/** The mark moves on to the last turn; the one before loses it. */
function marked(messages: readonly JsonObject[]): JsonObject[] {
  return messages.map((message, at) => {
    const blocks = objects(message["content"]).map(({ cache_control: _, ...block }) => block);
    if (message["role"] === "system") return { ...message, content: blocks };
    const isLast = at === messages.length - 1;
    return {
      ...message,
      content: blocks.map((block, index) => (isLast && index === blocks.length - 1 ? { ...block, ...MARK } : block)),
    };
  });
}

interface Thinking {
  readonly name: string;
  readonly beta: string;
  members(model: string): JsonObject;
  isPlain(model: string): boolean;
}

const CLEARING = { context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] } };
const BUDGET = { thinking: { type: "enabled", budget_tokens: 31_999 }, ...CLEARING };

function messagesAgent({ name, beta, members, isPlain }: Thinking): Agent {
  return {
    name,
    protocol: "anthropic",
    headers: { ...HEADERS, "anthropic-beta": beta },
    path: () => "/v1/messages?beta=true",
    begin(model, stream) {
      const reminder = {
        role: "system",
        content: [{ type: "text", text: "The working directory is /work.", ...MARK }],
      };
      return {
        model,
        max_tokens: 64_000,
        system: isPlain(model) ? SYSTEM.slice(1) : SYSTEM,
        tools: TOOLS,
        metadata: { user_id: '{"device_id":"d","account_uuid":"","session_id":"5f0c2d9e"}' },
        messages: [
          { role: "user", content: [{ type: "text", text: AGENT_QUESTION }] },
          ...(isPlain(model) ? [] : [reminder]),
        ],
        ...members(model),
        ...(stream ? { stream } : {}),
      };
    },
    assemble: messagesAnswer,
    calls: ({ content }) =>
      objects(content).flatMap((block) =>
        block["type"] === "tool_use"
          ? [{ id: asText(block["id"]) ?? "", name: asText(block["name"]) ?? "", input: block["input"] }]
          : [],
      ),
    text: ({ content }) =>
      objects(content)
        .map((block) => (block["type"] === "text" ? (asText(block["text"]) ?? "") : ""))
        .join(""),
    next: (body, { content }, results) => ({
      ...body,
      messages: marked([
        ...objects(body["messages"]),
        { role: "assistant", content },
        {
          role: "user",
          content: results.map(({ id, output }) => ({ type: "tool_result", tool_use_id: id, content: output })),
        },
      ]),
    }),
  };
}

export const CLAUDE_CODE = messagesAgent({
  name: "Claude Code",
  beta: "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24",
  members: (model) =>
    isOlder(model)
      ? BUDGET
      : {
          thinking: { type: "adaptive", display: "omitted" },
          output_config: { effort: "high" },
          ...CLEARING,
        },
  isPlain: isOlder,
});

export const BUDGET_AGENT = messagesAgent({
  name: "an agent of Messages that thinks with a budget",
  beta: "interleaved-thinking-2025-05-14",
  members: () => BUDGET,
  isPlain: () => true,
});
