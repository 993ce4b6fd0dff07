/** Claude on Bedrock, through Converse: Claude's own rules in Converse's words, and Converse's. */
import { asObject, asText, type JsonObject, at as within } from "../../../../src/std/json.ts";
import { BEDROCK_DIALECT } from "../bedrock.ts";
import { objects } from "../rules.ts";
import { sealOf } from "../seals.ts";
import { type ClaudeWords, claudeRules, shownText, thinks } from "./claude-rules.ts";
import { type Family, type Rule, ruled, when } from "./family.ts";

const has = (block: JsonObject, name: string): boolean => asObject(block[name]) !== undefined;
const blocksOf = (body: JsonObject): JsonObject[] =>
  objects(body["messages"]).flatMap((message) => objects(message["content"]));
const resultsOf = (body: JsonObject): JsonObject[] => objects(blocksOf(body).map((block) => block["toolResult"]));

const WORDS: ClaudeWords = {
  // What Claude sealed at one vendor is opened at all of them (platform.claude.com, extended thinking, signatures).
  vendor: "claude",
  thinking: (body) => asObject(within(body, "additionalModelRequestFields", "thinking")),
  maxTokens: (body) => within(body, "inferenceConfig", "maxTokens"),
  sampling: (body) => ({
    temperature: within(body, "inferenceConfig", "temperature"),
    topP: within(body, "inferenceConfig", "topP"),
    topK: within(body, "additionalModelRequestFields", "top_k"),
  }),
  forcesTool: (body) => {
    const choice = asObject(within(body, "toolConfig", "toolChoice")) ?? {};
    return has(choice, "any") || has(choice, "tool");
  },
  messages: (body) =>
    objects(body["messages"]).map((message) => ({ role: message["role"], blocks: objects(message["content"]) })),
  reasoning: (block) => {
    if (!has(block, "reasoningContent")) return null;
    const said = asObject(within(block, "reasoningContent", "reasoningText"));
    return { text: said?.["text"], signature: said?.["signature"] };
  },
  isCall: (block) => has(block, "toolUse"),
  isResult: (block) => has(block, "toolResult"),
};

/** Letters, digits, single spaces, hyphens, parentheses and square brackets. */
const DOCUMENT_NAME = /^(?!.*\s\s)[\p{L}\p{N}\s\-()[\]]{1,200}$/u;

const OWN_RULES: readonly Rule[] = [
  {
    name: "a document's name has few characters",
    source: "vercel/ai#20365, archestra-ai/archestra#3978",
    broken: ({ body }) =>
      [...blocksOf(body), ...resultsOf(body).flatMap((result) => objects(result["content"]))].flatMap((block) => {
        const document = asObject(block["document"]);
        if (document === undefined) return [];
        return when(!DOCUMENT_NAME.test(asText(document["name"]) ?? ""), `document ${String(document["name"])}`);
      }),
  },
  {
    name: "JSON in a result is an object",
    source: "sigoden/aichat#1550",
    broken: ({ body }) =>
      resultsOf(body)
        .flatMap((result) => objects(result["content"]))
        .flatMap((part) => when("json" in part && asObject(part["json"]) === undefined, "Provide a json object")),
  },
  {
    name: "a result that failed says something",
    source: "aws-samples/sample-multi-agent-orchestration-chat-on-agentcore#15",
    broken: ({ body }) =>
      resultsOf(body).flatMap((result) =>
        when(result["status"] === "error" && objects(result["content"]).length === 0, "content cannot be empty"),
      ),
  },
  {
    name: "only the assistant reasons",
    source: "docs.aws.amazon.com, Converse, ReasoningContentBlock",
    broken: ({ body }) =>
      objects(body["messages"]).flatMap((message) =>
        when(
          message["role"] === "user" && objects(message["content"]).some((block) => has(block, "reasoningContent")),
          "User messages cannot contain reasoning content",
        ),
      ),
  },
];

export const BEDROCK: Family = {
  id: "bedrock",
  provider: "bedrock",
  entry: { region: "us-east-1" },
  models: ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-opus-4-8"],
  doors: [
    ruled(
      {
        ...BEDROCK_DIALECT,
        reasoning: (asked, step, text) =>
          thinks(asked, WORDS) ? { text: shownText(asked, WORDS, text), seal: sealOf("claude", step) } : null,
      },
      [...claudeRules(WORDS), ...OWN_RULES],
    ),
  ],
};
