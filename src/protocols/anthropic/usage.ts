/**
 * Token counts, both ways. This vendor counts every prompt token once: `input_tokens` are those neither read from a
 * cache nor written to one. `cache_creation_input_tokens` is the sum of the lifetimes in `cache_creation`.
 */
import { type Extras, NO_EXTRAS } from "../../ir/request.ts";
import { type Usage, usageCount } from "../../ir/usage.ts";
import { asObject, asText, type JsonObject } from "../../std/json.ts";
import { extrasOf, type Shape } from "../shared/members.ts";

/** Null when there is no usage object. */
export function readUsage(value: unknown): Usage | null {
  const usage = asObject(value);
  if (usage === undefined) return null;
  const byLifetime = asObject(usage["cache_creation"]);
  const written = usageCount(usage["cache_creation_input_tokens"]);
  const written5m = usageCount(byLifetime?.["ephemeral_5m_input_tokens"]);
  const written1h = usageCount(byLifetime?.["ephemeral_1h_input_tokens"]);
  return {
    freshInputTokens: usageCount(usage["input_tokens"]),
    cacheReadTokens: usageCount(usage["cache_read_input_tokens"]),
    cacheWriteTokens: written === null ? written5m : Math.max(0, written - (written1h ?? 0)),
    cacheWrite1hTokens: written1h,
    outputTokens: usageCount(usage["output_tokens"]),
    reasoningTokens: usageCount(asObject(usage["output_tokens_details"])?.["thinking_tokens"]),
    audioInputTokens: null,
    audioOutputTokens: null,
  };
}

/** Of the last events of a stream; a server may put it into the delta. */
export function readEndUsage(message: JsonObject): Usage | null {
  return readUsage(message["usage"]) ?? readUsage(asObject(message["delta"])?.["usage"]);
}

export function readServiceTier(value: unknown): string | null {
  return asText(asObject(value)?.["service_tier"]) ?? null;
}

/** Members beyond the shared counters that say something: server tool calls, iterations, an unusual speed or place. */
export function readUsageExtras(value: unknown): Extras {
  const usage = asObject(value);
  return usage === undefined ? NO_EXTRAS : extrasOf(usage, USAGE_SHAPE);
}

const isAnyCount = (value: unknown): boolean => usageCount(value) !== null;
const isAllZero = (value: unknown): boolean =>
  Object.values(asObject(value) ?? { none: 1 }).every((each) => each === 0);
/** What these say when nothing unusual happened. */
const isUsual = (value: unknown): boolean => value === "standard" || value === "not_available" || value === "global";
const holdsOnly =
  (...names: string[]) =>
  (value: unknown): boolean =>
    Object.keys(asObject(value) ?? {}).every((name) => names.includes(name));

const USAGE_SHAPE: Shape = {
  input_tokens: isAnyCount,
  output_tokens: isAnyCount,
  cache_creation_input_tokens: isAnyCount,
  cache_read_input_tokens: isAnyCount,
  cache_creation: holdsOnly("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"),
  output_tokens_details: holdsOnly("thinking_tokens"),
  service_tier: (value) => typeof value === "string",
  server_tool_use: isAllZero,
  inference_geo: isUsual,
  speed: isUsual,
};

/** The counters as members; one that was not reported is left out, but for the two the SDK's types demand. */
export function writeCounters(usage: Usage | null, instead: { inputTokens: number; outputTokens: number }): JsonObject {
  const written = sumKnown(usage?.cacheWriteTokens, usage?.cacheWrite1hTokens);
  return {
    input_tokens: usage?.freshInputTokens ?? instead.inputTokens,
    ...(written === null ? {} : { cache_creation_input_tokens: written }),
    ...(usage?.cacheReadTokens == null ? {} : { cache_read_input_tokens: usage.cacheReadTokens }),
    output_tokens: usage?.outputTokens ?? instead.outputTokens,
    ...(usage?.reasoningTokens == null ? {} : { output_tokens_details: { thinking_tokens: usage.reasoningTokens } }),
  };
}

/** The usage object of a message, with every member the SDK's types name. */
export function writeUsage(
  usage: Usage | null,
  instead: { inputTokens: number; outputTokens: number },
  serviceTier: string | null,
): JsonObject {
  const lifetimes = usage?.cacheWrite1hTokens ?? null;
  return {
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    cache_creation:
      lifetimes === null
        ? null
        : { ephemeral_5m_input_tokens: usage?.cacheWriteTokens ?? 0, ephemeral_1h_input_tokens: lifetimes },
    output_tokens_details: null,
    ...writeCounters(usage, instead),
    server_tool_use: null,
    service_tier: isTier(serviceTier) ? serviceTier : null,
  };
}

/** Tiers an answer may name; another vendor's word is not one of them. */
function isTier(word: string | null): word is string {
  return word === "standard" || word === "priority" || word === "batch";
}

function sumKnown(first: number | null | undefined, second: number | null | undefined): number | null {
  if (first == null && second == null) return null;
  return (first ?? 0) + (second ?? 0);
}
