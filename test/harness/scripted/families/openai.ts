/** OpenAI's reasoning models behind both of its doors: Chat Completions and Responses. */
import { asObject, asText, type JsonObject, at as within } from "../../../../src/std/json.ts";
import { chatDialect } from "../openai.ts";
import { RESPONSES_DIALECT } from "../responses.ts";
import { objects } from "../rules.ts";
import { isSealOf, sealOf } from "../seals.ts";
import { type Family, type Rule, ruled, when } from "./family.ts";

const isReasoning = (model: string): boolean => /^(o\d|gpt-5)/.test(model) && !/chat/.test(model);
/** Minor version of a gpt-5 model. */
const minorOf = (model: string): number => Number(/^gpt-5\.(\d+)/.exec(model)?.[1] ?? 0);

const SAMPLING: Rule = {
  name: "no sampling for models that reason",
  source: "CopilotKit/CopilotKit#7191 (community.openai.com/t/1337133), assafelovic/gpt-researcher#1485",
  broken: ({ body, model }) =>
    ["temperature", "top_p"].flatMap((name) =>
      when(
        isReasoning(model) && body[name] !== undefined && body[name] !== null && body[name] !== 1,
        `Unsupported value: '${name}' does not support ${String(body[name])} with this model.`,
      ),
    ),
};

const CHAT_RULES: readonly Rule[] = [
  SAMPLING,
  {
    name: "models that reason take max_completion_tokens",
    source: "fish2018/YPrompt#26",
    broken: ({ body, model }) =>
      when(isReasoning(model) && body["max_tokens"] != null, "'max_tokens' is not supported with this model."),
  },
  {
    name: "no stop for models that reason",
    source: "BittnerPierre/AI-Agent-Casebook#133, BerriAI/litellm#15244",
    broken: ({ body, model }) =>
      when(isReasoning(model) && body["stop"] != null, "'stop' is not supported with this model."),
  },
  {
    name: "from 5.4 on no function tools beside an effort, from 5.5 on none unless it is none",
    source: "openai/openai-openapi#541, BerriAI/litellm#34569, jeffdafoe/llm-memory-api#178",
    broken: ({ body, model }) => {
      const effort = body["reasoning_effort"];
      const isRefused = minorOf(model) >= 5 ? effort !== "none" : minorOf(model) === 4 && (effort ?? "none") !== "none";
      const message = "Function tools with reasoning_effort are not supported in /v1/chat/completions.";
      return when(objects(body["tools"]).length > 0 && isRefused, message);
    },
  },
  {
    name: "an effort only for models that reason",
    source: "umputun/tg-spam#304, davidmigloz/langchain_dart#712",
    broken: ({ body, model }) =>
      when(!isReasoning(model) && body["reasoning_effort"] != null, "Unrecognized request argument: reasoning_effort"),
  },
];

const itemsOf = (body: JsonObject): JsonObject[] => objects(body["input"]);
const isOutput = (item: JsonObject | undefined): boolean =>
  item !== undefined &&
  (["function_call", "custom_tool_call", "web_search_call"].includes(asText(item["type"]) ?? "") ||
    item["role"] === "assistant");

const RESPONSES_RULES: readonly Rule[] = [
  SAMPLING,
  {
    name: "a reasoning item is followed by what it led to",
    source: "openai/openai-node#1567, continuedev/continue#8933, UKGovernmentBEIS/inspect_ai#1990",
    broken: ({ body }) =>
      itemsOf(body).flatMap((item, at, items) =>
        when(
          item["type"] === "reasoning" && !isOutput(items[at + 1]),
          `Item '${String(item["id"])}' was provided without its required following item.`,
        ),
      ),
  },
  {
    name: "sealed reasoning is the vendor's own",
    source: "openai/codex#8128, openai/codex#8100",
    broken: ({ body }) =>
      itemsOf(body).flatMap((item) => {
        const seal = asText(item["encrypted_content"]);
        return when(seal !== undefined && !isSealOf("openai", seal), "The encrypted content could not be verified.");
      }),
  },
  {
    name: "without store a reasoning item that has an id brings its sealed content",
    source: "vercel/ai#7543, earendil-works/pi#3369",
    broken: ({ body }) =>
      itemsOf(body).flatMap((item) =>
        when(
          body["store"] === false &&
            item["type"] === "reasoning" &&
            asText(item["id"]) !== undefined &&
            asText(item["encrypted_content"]) === undefined,
          `Item with id '${String(item["id"])}' not found. Items are not persisted when \`store\` is set to false.`,
        ),
      ),
  },
  {
    name: "a reasoning item has a summary",
    source: "newo-ether/Agora#141",
    broken: ({ body }) =>
      itemsOf(body).flatMap((item, at) =>
        when(
          item["type"] === "reasoning" && !Array.isArray(item["summary"]),
          `input[${at}] missing required 'summary'`,
        ),
      ),
  },
  {
    name: "a result stands behind its call",
    source: "can1357/oh-my-pi#106, microsoft/vscode#320060",
    broken: ({ body }) =>
      itemsOf(body).flatMap((item, at, items) => {
        if (!(asText(item["type"]) ?? "").endsWith("_call_output")) return [];
        const isCalled = items.slice(0, at).some((each) => each !== item && each["call_id"] === item["call_id"]);
        return when(!isCalled, `No tool call found for function call output ${String(item["call_id"])}`);
      }),
  },
];

export const OPENAI_CHAT_DOOR = ruled(chatDialect(), CHAT_RULES);

export const OPENAI_RESPONSES_DOOR = ruled(
  {
    ...RESPONSES_DIALECT,
    reasoning({ body, model }, step, text) {
      if (!isReasoning(model) || within(body, "reasoning", "effort") === "none") return null;
      const isShown = within(body, "reasoning", "summary") != null;
      const isSealed = JSON.stringify(body["include"] ?? []).includes("reasoning.encrypted_content");
      return { text: isShown ? text : "", seal: isSealed ? sealOf("openai", step) : "" };
    },
  },
  RESPONSES_RULES,
);

/** One provider, both doors: which one is used is the gateway's choice. */
export const OPENAI: Family = {
  id: "openai",
  provider: "openai",
  entry: {},
  models: ["gpt-5.1", "gpt-5.6-sol"],
  doors: [OPENAI_CHAT_DOOR, OPENAI_RESPONSES_DOOR],
};

export const OPENAI_RESPONSES: Family = {
  id: "openai-responses",
  provider: "responses",
  entry: {},
  models: ["gpt-5.6-sol"],
  doors: [OPENAI_RESPONSES_DOOR],
};

export const CHAT_RULES_OF_AZURE = CHAT_RULES;
export const messagesOf = (body: JsonObject): JsonObject[] => objects(body["messages"]);
export const thinkingOff = (body: JsonObject): boolean => asObject(body["thinking"])?.["type"] === "disabled";
