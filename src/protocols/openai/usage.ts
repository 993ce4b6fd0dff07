/**
 * Token counts both ways. The vendor's `prompt_tokens` holds the cached tokens too, ours are counted apart; what
 * compatible vendors spell differently is read here and nowhere else.
 */
import { inputTokens, type Usage } from "../../ir/usage.ts";
import { asArray, asObject, at, type JsonObject } from "../../std/json.ts";
import type { AnswerContext } from "../protocol.ts";
import type { Losses } from "../shared/losses.ts";
import { countAt } from "../shared/members.ts";
import type { WireUsage } from "./wire.ts";

/**
 * Of a whole answer or a chunk, wherever it stands: beside the choices, in Groq's own member, or in a choice (Kimi).
 * Null when there is none, or none of its counts is one.
 */
export function readUsage(body: JsonObject): Usage | null {
  const beside = readCounts(body["usage"]) ?? readCounts(at(body, "x_groq", "usage"));
  if (beside !== null) return beside;
  let found: Usage | null = null;
  for (const choice of asArray(body["choices"]) ?? []) found = readCounts(at(choice, "usage")) ?? found;
  return found;
}

function readCounts(value: unknown): Usage | null {
  const wire = asObject(value);
  if (wire === undefined) return null;
  // The second names are those of Responses, which some servers write here (mlx-vlm).
  const prompt = countAt(wire, "prompt_tokens") ?? countAt(wire, "input_tokens");
  const answered = countAt(wire, "completion_tokens") ?? countAt(wire, "output_tokens");
  // OpenAI's name, DeepSeek's, Kimi's, and the one of gateways that carry another vendor's count.
  const cacheRead =
    countAt(wire, "prompt_tokens_details", "cached_tokens") ??
    countAt(wire, "prompt_cache_hit_tokens") ??
    countAt(wire, "cached_tokens") ??
    countAt(wire, "input_tokens_details", "cached_tokens");
  // OpenRouter's and OpenAI's name, then the one of gateways that carry another vendor's count.
  const cacheWrite =
    countAt(wire, "prompt_tokens_details", "cache_write_tokens") ?? countAt(wire, "cache_creation_input_tokens");
  const reasoning = countAt(wire, "completion_tokens_details", "reasoning_tokens");
  const usage: Usage = {
    freshInputTokens: prompt === null ? null : Math.max(0, prompt - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    cacheWrite1hTokens: null,
    outputTokens: outputTokens(prompt, answered, reasoning, countAt(wire, "total_tokens")),
    reasoningTokens: reasoning,
    audioInputTokens: countAt(wire, "prompt_tokens_details", "audio_tokens"),
    audioOutputTokens: countAt(wire, "completion_tokens_details", "audio_tokens"),
  };
  return Object.values(usage).every((each) => each === null) ? null : usage;
}

/**
 * Null when neither side is known: the vendor's type has no word for "unknown", and zeros would be a lie. Where one side
 * is known the other must be a number: it is estimated, and that is a loss.
 */
export function writeUsage(usage: Usage | null, context: AnswerContext, losses: Losses): WireUsage | null {
  const prompt = usage === null ? null : inputTokens(usage);
  if (usage === null || (prompt === null && usage.outputTokens === null)) return null;
  if (prompt === null) losses.approximate("usage.prompt_tokens", "not reported, so it is an estimate");
  if (usage.outputTokens === null) {
    losses.approximate("usage.completion_tokens", "not reported, so it is an estimate");
  }
  const counts = {
    prompt_tokens: prompt ?? context.inputTokensEstimate,
    completion_tokens: usage.outputTokens ?? context.outputTokensEstimate?.() ?? 0,
  };
  return {
    ...counts,
    total_tokens: counts.prompt_tokens + counts.completion_tokens,
    ...promptDetails(usage),
    ...completionDetails(usage),
  };
}

/** Only what is known; no member when nothing is. */
function promptDetails(usage: Usage): Pick<WireUsage, "prompt_tokens_details"> {
  const written = sum(usage.cacheWriteTokens, usage.cacheWrite1hTokens);
  const details: WireUsage["prompt_tokens_details"] = {
    ...(usage.cacheReadTokens === null ? {} : { cached_tokens: usage.cacheReadTokens }),
    ...(written === null ? {} : { cache_write_tokens: written }),
    ...(usage.audioInputTokens === null ? {} : { audio_tokens: usage.audioInputTokens }),
  };
  return Object.keys(details).length === 0 ? {} : { prompt_tokens_details: details };
}

function completionDetails(usage: Usage): Pick<WireUsage, "completion_tokens_details"> {
  const details: WireUsage["completion_tokens_details"] = {
    ...(usage.reasoningTokens === null ? {} : { reasoning_tokens: usage.reasoningTokens }),
    ...(usage.audioOutputTokens === null ? {} : { audio_tokens: usage.audioOutputTokens }),
  };
  return Object.keys(details).length === 0 ? {} : { completion_tokens_details: details };
}

/** xAI counts reasoning beside `completion_tokens`, everybody else within; only the total tells which it was. */
function outputTokens(
  prompt: number | null,
  completion: number | null,
  reasoning: number | null,
  total: number | null,
): number | null {
  if (prompt === null || completion === null || reasoning === null || reasoning === 0) return completion;
  return total === prompt + completion + reasoning ? completion + reasoning : completion;
}

function sum(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0);
}
