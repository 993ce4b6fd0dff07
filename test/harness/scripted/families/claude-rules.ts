/** What Claude refuses wherever it runs, said of blocks in the words that the Messages API and Converse give to them. */
import type { JsonObject } from "../../../../src/std/json.ts";
import { AGENT_SCRIPT } from "../agent-script.ts";
import type { Asked } from "../dialect.ts";
import { WEATHER } from "../script.ts";
import { stepOfSeal } from "../seals.ts";
import { type Rule, when } from "./family.ts";

export interface ClaudeWords {
  /** Whose seals these are. */
  readonly vendor: string;
  thinking(body: JsonObject): JsonObject | undefined;
  maxTokens(body: JsonObject): unknown;
  sampling(body: JsonObject): Readonly<Record<"temperature" | "topP" | "topK", unknown>>;
  forcesTool(body: JsonObject): boolean;
  messages(body: JsonObject): readonly { readonly role: unknown; readonly blocks: readonly JsonObject[] }[];
  /** The reasoning in a block; null: it is another kind of block. */
  reasoning(block: JsonObject): { readonly text: unknown; readonly signature: unknown } | null;
  isCall(block: JsonObject): boolean;
  isResult(block: JsonObject): boolean;
}

/** Models from 4.7 on decide for themselves how long to think; those before 4.6 only take a budget. */
export const isAdaptive = (model: string): boolean => /opus-4-[678]|sonnet-4-6|(opus|sonnet|fable)-5/.test(model);
const refusesBudget = (model: string): boolean => isAdaptive(model) && !/4-6/.test(model);
/** The newest accept a forced tool beside thinking no more than a budget does. */
const BUDGET_MIN = 1_024;

export function thinks(asked: Asked, words: ClaudeWords): boolean {
  const type = words.thinking(asked.body)?.["type"];
  return type === "enabled" || type === "adaptive";
}

/** The text that stands in a block of reasoning: nothing where the request leaves it out. */
export function shownText(asked: Asked, words: ClaudeWords, text: string): string {
  const display = words.thinking(asked.body)?.["display"];
  return display === "omitted" ? "" : text;
}

function reasoningOf(step: number | null): readonly string[] {
  const said = [AGENT_SCRIPT, WEATHER].map(({ turns }) => turns[step ?? -1]?.reasoning);
  return said.filter((text) => text !== undefined);
}

export function claudeRules(words: ClaudeWords): readonly Rule[] {
  const isManual = ({ body }: Asked): boolean => words.thinking(body)?.["type"] === "enabled";
  return [...historyRules(words, isManual), ...optionRules(words, isManual)];
}

function historyRules(words: ClaudeWords, isManual: (asked: Asked) => boolean): readonly Rule[] {
  return [
    {
      name: "a reasoning block is the vendor's own, unchanged and sealed",
      source: "anthropics/claude-code#10627, anthropics/claude-code#63284, langchain-ai/langchain#33391",
      broken: ({ body }) =>
        words.messages(body).flatMap(({ blocks }, at) =>
          blocks.flatMap((block) => {
            const reasoning = words.reasoning(block);
            if (reasoning === null) return [];
            const { text, signature } = reasoning;
            if (typeof text !== "string") return [`messages.${at}: thinking: Field required`];
            if (typeof signature !== "string") return [`messages.${at}: signature: Field required`];
            const step = stepOfSeal(words.vendor, signature);
            const isOwn = step !== null && (text === "" || reasoningOf(step).includes(text));
            return when(!isOwn, `messages.${at}: Invalid signature in thinking block`);
          }),
        ),
    },
    {
      name: "with a budget the turn of an open tool loop begins with its reasoning",
      source:
        "platform.claude.com, adaptive thinking, validation changes; Kilo-Org/kilocode#5219, anomalyco/opencode#3077",
      broken: (asked) => {
        const messages = words.messages(asked.body);
        const isOpen = messages.at(-1)?.blocks.some(words.isResult) === true;
        const last = messages.findLast(({ role }) => role === "assistant");
        const [first] = last?.blocks ?? [];
        const isMissing = first === undefined || words.reasoning(first) === null;
        return when(isManual(asked) && isOpen && isMissing, "Expected thinking, but found another block");
      },
    },
    {
      name: "reasoning stands before all else in its turn",
      source: "anthropics/claude-code#20691",
      broken: ({ body }) =>
        words.messages(body).flatMap(({ blocks }, at) => {
          const reasoning = blocks.map((block) => words.reasoning(block) !== null);
          return when(
            reasoning.includes(true) && reasoning[0] !== true,
            `messages.${at}: the first block must be thinking`,
          );
        }),
    },
    {
      name: "a turn of the assistant's is never last, where the model takes no prefill or thinks",
      source: "ericc-ch/copilot-api#261, vybestack/llxprt-code#3695; platform.claude.com, extended thinking",
      broken: (asked) => {
        const isLast = words.messages(asked.body).at(-1)?.role === "assistant";
        return when(
          isLast && (isAdaptive(asked.model) || isManual(asked)),
          "does not support assistant message prefill",
        );
      },
    },
  ];
}

function optionRules(words: ClaudeWords, isManual: (asked: Asked) => boolean): readonly Rule[] {
  return [
    {
      name: "thinking is asked for in the way the model has",
      source: "earendil-works/pi#3297, pensarai/apex#890; platform.claude.com, troubleshooting thinking",
      broken: (asked) => {
        const type = words.thinking(asked.body)?.["type"];
        return [
          ...when(
            type === "enabled" && refusesBudget(asked.model),
            "thinking.type.enabled is not supported for this model",
          ),
          ...when(type === "adaptive" && !isAdaptive(asked.model), "adaptive thinking is not supported on this model"),
        ];
      },
    },
    {
      name: "a budget is at least 1024 and below the answer's bound",
      source: "platform.claude.com, extended thinking",
      broken: (asked) => {
        const budget = Number(words.thinking(asked.body)?.["budget_tokens"]);
        const isRight =
          budget >= BUDGET_MIN && budget < Number(words.maxTokens(asked.body) ?? Number.POSITIVE_INFINITY);
        return when(isManual(asked) && !isRight, `a budget of ${budget}`);
      },
    },
    {
      name: "no sampling beside thinking, and none for the newest models",
      source: "dotCipher/opencode-claude-bridge#1, UKGovernmentBEIS/inspect_ai#3721, promptfoo/promptfoo#9500",
      broken: (asked) => {
        const { temperature, topP, topK } = words.sampling(asked.body);
        const isNew = refusesBudget(asked.model);
        const isSet = temperature !== undefined && temperature !== 1;
        return [
          ...when(thinks(asked, words) && isSet, "temperature may only be set to 1 when thinking is enabled"),
          ...when(isNew && (temperature ?? topP ?? topK) !== undefined, "sampling is deprecated for this model"),
        ];
      },
    },
    {
      name: "no forced tool beside thinking with a budget",
      source: "platform.claude.com, thinking in tool and multi-turn workflows",
      broken: (asked) =>
        when(
          isManual(asked) && words.forcesTool(asked.body),
          "Thinking may not be enabled when tool_choice forces tool use",
        ),
    },
  ];
}
