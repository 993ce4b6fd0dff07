/**
 * How much the model shall think, and whether its thoughts are shown. The third generation takes a level, the second a
 * budget in tokens; this table turns efforts and budgets into either.
 */

import type { IrReasoningConfig } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { asksToShow } from "../shared/shown-reasoning.ts";
import type { LevelWord } from "./wire.ts";
import type { GeminiContext } from "./write-context.ts";

/** The vendor's own table for its OpenAI endpoint (ai.google.dev/gemini-api/docs/openai#thinking, read 2026-11-27). */
const BUDGETS = { minimal: 1024, low: 1024, medium: 8192, high: 24_576, xhigh: 32_768, max: 32_768 } as const;
type Effort = keyof typeof BUDGETS;

/** As they rise; levels of the same name stand among them. */
const RANKS = { minimal: 0, low: 1, medium: 2, high: 3, xhigh: 4, max: 5 } as const satisfies Record<Effort, number>;
const LEVEL_RANKS = {
  THINKING_LEVEL_UNSPECIFIED: 0,
  MINIMAL: 0,
  LOW: 1,
  MEDIUM: 2,
  HIGH: 3,
} as const satisfies Record<LevelWord, number>;

/** Null: no `thinkingConfig` member. */
export function writeThinking(config: IrReasoningConfig | null, context: GeminiContext): JsonObject | null {
  if (config === null) return null;
  if (context.native) return writeOwn(config);
  if (context.dialect.thinking?.length === 0) {
    if (config.mode !== "disabled" && config.effort !== "none") {
      context.losses.drop("reasoning", "the model does not think");
    }
    return null;
  }
  if (config.mode === "disabled" || config.effort === "none") return writeOff(context);
  const asked = writeAmount(config, context);
  const written = { ...asked, ...writeShown(config, context) };
  return Object.keys(written).length === 0 ? null : written;
}

function writeOwn(config: IrReasoningConfig): JsonObject {
  const { mode, effort, budgetTokens, display } = config;
  const budget = mode === "disabled" ? 0 : mode === "adaptive" ? -1 : budgetTokens;
  const hasBudget = budget !== null && budget !== 0;
  const shown = display === null ? hasBudget || null : display === "omitted" ? (hasBudget ? null : false) : true;
  const level = effort === null ? null : Object.hasOwn(RANKS, effort) ? effort.toUpperCase() : effort;
  return {
    ...(level === null ? {} : { thinkingLevel: level }),
    ...(budget === null ? {} : { thinkingBudget: budget }),
    ...(shown === null ? {} : { includeThoughts: shown }),
  };
}

function writeOff(context: GeminiContext): JsonObject {
  if (!context.dialect.alwaysThinks) return { thinkingBudget: 0 };
  context.losses.approximate("reasoning", "the model always thinks, so it thinks as little as it can");
  const [lowest] = levelsOf(context);
  return wayOf(context) === "effort" && lowest !== undefined
    ? { thinkingLevel: lowest }
    : { thinkingBudget: budgetsOf(context).min };
}

/** A budget goes ahead of an effort: it says more. */
function writeAmount(config: IrReasoningConfig, context: GeminiContext): JsonObject {
  const way = wayOf(context);
  const { mode, effort, budgetTokens } = config;
  if (budgetTokens !== null) return way === "effort" ? levelOf(budgetTokens, context) : clamp(budgetTokens, context);
  if (effort === null) return mode === null || way === "effort" ? {} : { thinkingBudget: -1 };
  if (!isEffort(effort)) {
    context.losses.drop("reasoning_effort", "an effort the vendor does not know");
    return {};
  }
  if (way !== "budget") return nearestLevel(effort, context);
  context.losses.approximate("reasoning_effort", `the effort ${effort} is a budget of ${BUDGETS[effort]} tokens`);
  return clamp(BUDGETS[effort], context);
}

/** null: not known, and each is written as it was asked. */
function wayOf({ dialect }: GeminiContext): "budget" | "effort" | null {
  return dialect.thinking === null ? null : dialect.thinking.includes("effort") ? "effort" : "budget";
}

/** As they rise. */
function levelsOf({ dialect }: GeminiContext): readonly Level[] {
  const { efforts } = dialect;
  return efforts === null ? LEVELS : LEVELS.filter((level) => efforts.some((word) => word.toUpperCase() === level));
}

/** Tokens, beside 0 (off) and -1 (the model decides). */
function budgetsOf({ dialect }: GeminiContext): { readonly min: number; readonly max: number } {
  return dialect.thinkingBudget ?? ANY_BUDGET;
}

const ANY_BUDGET = { min: 0, max: 65_536 } as const;
const LEVELS = ["MINIMAL", "LOW", "MEDIUM", "HIGH"] as const satisfies readonly LevelWord[];
type Level = (typeof LEVELS)[number];

function isEffort(word: string): word is Effort {
  return Object.hasOwn(BUDGETS, word);
}

/** The level itself, or the nearest one below that the model knows, or the lowest. */
function nearestLevel(effort: Effort, context: GeminiContext): JsonObject {
  const levels = levelsOf(context);
  const level = levels.filter((word) => LEVEL_RANKS[word] <= RANKS[effort]).at(-1) ?? levels[0];
  if (level === undefined) return {};
  if (level.toLowerCase() !== effort) {
    context.losses.approximate("reasoning_effort", `written as ${level.toLowerCase()}`);
  }
  return { thinkingLevel: level };
}

function levelOf(budgetTokens: number, context: GeminiContext): JsonObject {
  context.losses.approximate("reasoning.max_tokens", "the model takes a level instead of a budget");
  const effort: Effort = budgetTokens <= BUDGETS.low ? "low" : budgetTokens <= BUDGETS.medium ? "medium" : "high";
  const level = levelsOf(context)
    .filter((word) => LEVEL_RANKS[word] <= RANKS[effort])
    .at(-1);
  return { thinkingLevel: level ?? "HIGH" };
}

function clamp(budgetTokens: number, context: GeminiContext): JsonObject {
  const { min, max } = budgetsOf(context);
  const budget = Math.min(max, Math.max(min, budgetTokens));
  if (budget !== budgetTokens) {
    context.losses.clamp("reasoning.max_tokens", `the model's budget is from ${min} to ${max} tokens`);
  }
  return { thinkingBudget: budget };
}

/** Who asks for a budget sees thoughts in every other protocol; who asks for an effort only when it says so. */
function writeShown(config: IrReasoningConfig, context: GeminiContext): JsonObject {
  const { mode, display } = config;
  if (display === null) return mode === null ? {} : { includeThoughts: true };
  if (display === "omitted" || display === "none") return mode === null ? { includeThoughts: false } : {};
  if (asksToShow(display) && display !== "summarized")
    context.losses.approximate("reasoning.display", "thoughts are shown as summaries");
  return { includeThoughts: true };
}
