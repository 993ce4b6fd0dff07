/** Token counts both ways. The vendor's `input_tokens` holds the cached tokens too; ours are counted apart. */
import { inputTokens, type Usage } from "../../ir/usage.ts";
import { asObject, at, type JsonObject } from "../../std/json.ts";
import type { AnswerContext } from "../protocol.ts";
import type { Losses } from "../shared/losses.ts";
import { countAt } from "../shared/members.ts";
import type { WireUsage } from "./wire.ts";

/** Null when there is no usage object, or none of its counts is one. */
export function readUsage(value: unknown): Usage | null {
  const wire = asObject(value);
  if (wire === undefined) return null;
  // The second names are those of Chat Completions, which some servers write here.
  const input = countAt(wire, "input_tokens") ?? countAt(wire, "prompt_tokens");
  const cacheRead =
    countAt(wire, "input_tokens_details", "cached_tokens") ?? countAt(wire, "prompt_tokens_details", "cached_tokens");
  const cacheWrite = countAt(wire, "input_tokens_details", "cache_write_tokens");
  const usage: Usage = {
    freshInputTokens: input === null ? null : Math.max(0, input - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    cacheWrite1hTokens: null,
    outputTokens: countAt(wire, "output_tokens") ?? countAt(wire, "completion_tokens"),
    reasoningTokens: countAt(wire, "output_tokens_details", "reasoning_tokens"),
    audioInputTokens: countAt(wire, "input_tokens_details", "audio_tokens"),
    audioOutputTokens: countAt(wire, "output_tokens_details", "audio_tokens"),
  };
  return Object.values(usage).every((each) => each === null) ? null : usage;
}

/** Of an event: the answer's own, or what a server puts beside it. */
export function readEventUsage(event: JsonObject): Usage | null {
  return readUsage(at(event, "response", "usage")) ?? readUsage(event["usage"]);
}

/**
 * Unknown counts are estimated, and both are losses: agents repeat a request
 * without end when its answer has no usage. The vendor's own silence stays silence. The vendor's own clients count on
 * the details; what is not known there is 0, as the vendor writes it.
 */
export function writeUsage(
  usage: Usage | null,
  { native, context }: { readonly native: boolean; readonly context: AnswerContext },
  losses: Losses,
): WireUsage | null {
  const known = usage === null ? null : inputTokens(usage);
  const answered = usage?.outputTokens ?? null;
  if (native && known === null && answered === null) return null;
  if (known === null) losses.approximate("usage.input_tokens", "not reported, so it is an estimate");
  if (answered === null) losses.approximate("usage.output_tokens", "not reported, so it is an estimate");
  const [input, output] = [known ?? context.inputTokensEstimate, answered ?? context.outputTokensEstimate?.() ?? 0];
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage?.cacheReadTokens ?? 0,
      cache_write_tokens: (usage?.cacheWriteTokens ?? 0) + (usage?.cacheWrite1hTokens ?? 0),
      ...(usage?.audioInputTokens == null ? {} : { audio_tokens: usage.audioInputTokens }),
    },
    output_tokens: output,
    output_tokens_details: {
      reasoning_tokens: usage?.reasoningTokens ?? 0,
      ...(usage?.audioOutputTokens == null ? {} : { audio_tokens: usage.audioOutputTokens }),
    },
    total_tokens: input + output,
  };
}
