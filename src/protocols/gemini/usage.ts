/**
 * Token counts, both ways. `promptTokenCount` holds the cached tokens; results of the vendor's own tools and thoughts are
 * counted beside prompt and answer; the total is the sum of all four (SDK type GenerateContentResponseUsageMetadata, and
 * ai.google.dev/api/generate-content#UsageMetadata, read 2026-11-27). Every frame of a stream repeats them, cumulative.
 */
import { type Extras, NO_EXTRAS } from "../../ir/request.ts";
import { inputTokens, type Usage, usageCount } from "../../ir/usage.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { extrasOf, type Shape, spelled } from "./members.ts";
import type { ModalityName, UsageName } from "./wire.ts";

/** Null when there is no usage object. */
export function readUsage(value: unknown): Usage | null {
  const usage = asObject(value);
  if (usage === undefined) return null;
  const prompt = usageCount(usage["promptTokenCount"]);
  const cached = usageCount(usage["cachedContentTokenCount"]);
  const ofTools = usageCount(usage["toolUsePromptTokenCount"]);
  const thoughts = usageCount(usage["thoughtsTokenCount"]);
  return {
    freshInputTokens: prompt === null ? ofTools : sum(Math.max(0, prompt - (cached ?? 0)), ofTools ?? 0),
    cacheReadTokens: cached,
    cacheWriteTokens: null,
    cacheWrite1hTokens: null,
    outputTokens: readOutput(usage, prompt, ofTools),
    reasoningTokens: thoughts,
    audioInputTokens: ofModality(usage["promptTokensDetails"], "AUDIO"),
    audioOutputTokens: ofModality(usage["candidatesTokensDetails"], "AUDIO"),
  };
}

/** Counts of zero are left out by the vendor, so an answer of nothing is told by the total alone. */
function readOutput(usage: JsonObject, prompt: number | null, ofTools: number | null): number | null {
  const candidates = usageCount(usage["candidatesTokenCount"]);
  const thoughts = usageCount(usage["thoughtsTokenCount"]);
  if (candidates !== null || thoughts !== null) return sum(candidates ?? 0, thoughts ?? 0);
  const total = usageCount(usage["totalTokenCount"]);
  return total === null || prompt === null ? null : Math.max(0, total - prompt - (ofTools ?? 0));
}

function ofModality(details: unknown, modality: string): number | null {
  const found = asArray(details)?.find((each) => asObject(each)?.["modality"] === modality);
  return usageCount(asObject(found)?.["tokenCount"]);
}

function sum(first: number, second: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, first + second);
}

export function readServiceTier(value: unknown): string | null {
  return asText(asObject(value)?.["serviceTier"]) ?? null;
}

/** Members that no counter of the IR carries and that say something unusual. */
export function readUsageExtras(value: unknown): Extras {
  const usage = asObject(value);
  return usage === undefined ? NO_EXTRAS : extrasOf(spelled(usage), USAGE_SHAPE);
}

const isCount = (value: unknown): boolean => usageCount(value) !== null;
const USAGE_SHAPE = {
  promptTokenCount: isCount,
  cachedContentTokenCount: isCount,
  candidatesTokenCount: isCount,
  thoughtsTokenCount: isCount,
  totalTokenCount: isCount,
  serviceTier: (value) => typeof value === "string",
  // How the counts above are made up says nothing that is missing elsewhere.
  promptTokensDetails: Array.isArray,
  cacheTokensDetails: Array.isArray,
  candidatesTokensDetails: Array.isArray,
  toolUsePromptTokenCount: isCount,
  toolUsePromptTokensDetails: Array.isArray,
  trafficType: (value) => value === "ON_DEMAND",
} as const satisfies Partial<Record<UsageName | "serviceTier", Shape[string]>>;

/** Null: nothing is known. A counter that was not reported is left out. */
export function writeUsage(usage: Usage | null): JsonObject | null {
  if (usage === null) return null;
  const prompt = inputTokens(usage);
  const thoughts = usage.reasoningTokens === null ? null : Math.min(usage.reasoningTokens, usage.outputTokens ?? 0);
  const candidates = usage.outputTokens === null ? null : usage.outputTokens - (thoughts ?? 0);
  const written: Record<string, unknown> = {};
  if (prompt !== null) written["promptTokenCount"] = Math.min(Number.MAX_SAFE_INTEGER, prompt);
  if (usage.cacheReadTokens !== null) written["cachedContentTokenCount"] = usage.cacheReadTokens;
  if (candidates !== null) written["candidatesTokenCount"] = candidates;
  if (thoughts !== null && usage.outputTokens !== null) written["thoughtsTokenCount"] = thoughts;
  if (prompt !== null && usage.outputTokens !== null) written["totalTokenCount"] = sum(prompt, usage.outputTokens);
  if (usage.audioInputTokens !== null) written["promptTokensDetails"] = audioDetails(usage.audioInputTokens, prompt);
  if (usage.audioOutputTokens !== null) {
    written["candidatesTokensDetails"] = audioDetails(usage.audioOutputTokens, candidates);
  }
  return written;
}

function audioDetails(audio: number, all: number | null): readonly Partial<Record<ModalityName, unknown>>[] {
  const text = all === null ? 0 : Math.max(0, all - audio);
  const heard = { modality: "AUDIO", tokenCount: audio };
  return text === 0 ? [heard] : [{ modality: "TEXT", tokenCount: text }, heard];
}
