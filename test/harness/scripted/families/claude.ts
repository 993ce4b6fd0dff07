/** Claude at Anthropic: the Messages API with a model that takes a budget and one that thinks by itself. */
import { asObject, asText, type JsonObject } from "../../../../src/std/json.ts";
import { messagesDialect } from "../anthropic.ts";
import { objects } from "../rules.ts";
import { sealOf } from "../seals.ts";
import { type ClaudeWords, claudeRules, isAdaptive, shownText, thinks } from "./claude-rules.ts";
import { type Family, type Rule, ruled, when } from "./family.ts";

const MARKS_MAX = 4;

/** A content that is a text is one block. */
function blocksOf(message: JsonObject): JsonObject[] {
  const { content } = message;
  return typeof content === "string" ? [{ type: "text", text: content }] : objects(content);
}

const WORDS: ClaudeWords = {
  vendor: "claude",
  thinking: (body) => asObject(body["thinking"]),
  maxTokens: (body) => body["max_tokens"],
  sampling: (body) => ({ temperature: body["temperature"], topP: body["top_p"], topK: body["top_k"] }),
  forcesTool: (body) => ["any", "tool"].includes(asText(asObject(body["tool_choice"])?.["type"]) ?? ""),
  messages: (body) =>
    objects(body["messages"]).map((message) => ({ role: message["role"], blocks: blocksOf(message) })),
  reasoning: (block) =>
    block["type"] === "thinking" ? { text: block["thinking"], signature: block["signature"] } : null,
  isCall: (block) => block["type"] === "tool_use",
  isResult: (block) => block["type"] === "tool_result",
};

function marksIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + marksIn(each), 0);
  const object = asObject(value);
  if (object === undefined) return 0;
  const inside = Object.entries(object).filter(([name]) => name !== "cache_control" && name !== "input_schema");
  const own = object["cache_control"] == null ? 0 : 1;
  return own + inside.reduce((sum, [, each]) => sum + marksIn(each), 0);
}

const OWN_RULES: readonly Rule[] = [
  {
    name: "at most four cache marks",
    source: "Wei-Shaw/sub2api#176; platform.claude.com, prompt caching",
    broken: ({ body }) => {
      const marks = marksIn([body["system"], body["tools"], body["messages"]]);
      return when(marks > MARKS_MAX, `A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`);
    },
  },
  {
    name: "no cache mark on reasoning or on an empty text",
    source: "platform.claude.com, prompt caching, what can be cached",
    broken: ({ body }) =>
      objects(body["messages"])
        .flatMap(blocksOf)
        .filter((block) => block["cache_control"] != null)
        .flatMap((block) => when(block["type"] === "thinking" || block["text"] === "", "cache_control cannot be set")),
  },
  {
    name: "a system message stands behind a user's, alone, and only with the newest models",
    source: "platform.claude.com, mid-conversation system messages; maximhq/bifrost#3945, langchain-ai/langchain#38651",
    broken: ({ body, model }) => {
      const messages = objects(body["messages"]);
      const isNew = /opus-4-8|(opus|sonnet|fable)-5/.test(model);
      return messages.flatMap((message, at) => {
        if (message["role"] !== "system") return [];
        const next = messages[at + 1]?.["role"];
        const isPlaced = messages[at - 1]?.["role"] === "user" && (next === undefined || next === "assistant");
        return when(!isNew || !isPlaced, `messages.${at}: Unexpected role "system"`);
      });
    },
  },
  {
    name: "thinking is cleared only where it is asked for",
    source: "router-for-me/CLIProxyAPI#4957, can1357/oh-my-pi#2143",
    broken: (asked) => {
      const edits = objects(asObject(asked.body["context_management"])?.["edits"]);
      const clears = edits.some((edit) => (asText(edit["type"]) ?? "").startsWith("clear_thinking"));
      return when(clears && !thinks(asked, WORDS), "strategy requires `thinking` to be enabled or adaptive");
    },
  },
  {
    name: "an effort only for models that have one",
    source: "anthropics/claude-code#30795, Oaklight/llm-rosetta#289",
    broken: ({ body, model }) => {
      const effort = asObject(body["output_config"])?.["effort"];
      return when(effort !== undefined && !isAdaptive(model), "This model does not support the effort parameter.");
    },
  },
];

export const CLAUDE: Family = {
  id: "claude",
  provider: "anthropic",
  entry: {},
  models: ["claude-sonnet-4-5", "claude-opus-4-8"],
  doors: [
    ruled(
      {
        ...messagesDialect(["user", "assistant", "system"]),
        reasoning: (asked, step, text) =>
          thinks(asked, WORDS) ? { text: shownText(asked, WORDS, text), seal: sealOf("claude", step) } : null,
      },
      [...claudeRules(WORDS), ...OWN_RULES],
    ),
  ],
};
