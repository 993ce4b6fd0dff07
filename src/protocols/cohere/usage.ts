/**
 * Token counts both ways. The vendor reports two: `tokens` is what the model saw and made, `billed_units` what is charged
 * (without the vendor's own preamble). The first is what every other protocol means, so it is read as the counts, and the
 * second beside it for the bill, or in its place where it is missing. `cached_tokens` is part of `tokens.input_tokens`; `image_tokens` is not (a recorded answer of
 * 2026 has 501 input tokens, 518 image tokens and 522 billed ones).
 */
import { type Billed, inputTokens, type Usage } from "../../ir/usage.ts";
import { asObject, at, type JsonObject } from "../../std/json.ts";
import { countAt, withoutUndefined } from "../shared/members.ts";
import type { WireUsage } from "./wire.ts";

/** Of an answer's `usage`, or the `meta` of an embed or rerank answer. Null when there is none, or none of its counts is one. */
export function readUsage(value: unknown): Usage | null {
  const wire = asObject(value);
  if (wire === undefined) return null;
  const cacheRead = countAt(wire, "cached_tokens");
  const prompt = promptTokens(wire);
  const counts: Usage = {
    freshInputTokens: prompt === null ? null : Math.max(0, prompt - (cacheRead ?? 0)),
    cacheReadTokens: cacheRead,
    cacheWriteTokens: null,
    cacheWrite1hTokens: null,
    outputTokens: countAt(wire, "tokens", "output_tokens") ?? countAt(wire, "billed_units", "output_tokens"),
    reasoningTokens: countAt(wire, "tokens", "reasoning_tokens"),
    audioInputTokens: null,
    audioOutputTokens: null,
  };
  const billed = readBilled(wire, counts);
  if (billed !== null) return { ...counts, billed };
  return Object.values(counts).every((each) => each === null) ? null : counts;
}

/** Of the last event of a stream; a server may put it beside the delta, or under the name of the API's first version. */
export function readEndUsage(event: JsonObject): Usage | null {
  const delta = asObject(event["delta"]) ?? {};
  return readUsage(delta["usage"]) ?? readUsage(event["usage"]) ?? readUsage(delta["meta"]) ?? readUsage(event["meta"]);
}

/** Null where the counts are what is charged, or nothing is said of it. */
function readBilled(wire: JsonObject, counts: Usage): Billed | null {
  const input = countAt(wire, "billed_units", "input_tokens");
  if (at(wire, "tokens") === undefined || input === null) return null;
  return {
    inputTokens: input,
    outputTokens: countAt(wire, "billed_units", "output_tokens") ?? counts.outputTokens ?? 0,
  };
}

/** Null when nothing is known. Every member is optional on this wire, so what is not known is not said. */
export function writeUsage(usage: Usage | null): WireUsage | null {
  if (usage === null) return null;
  const counts = withoutUndefined({
    input_tokens: inputTokens(usage) ?? undefined,
    output_tokens: usage.outputTokens ?? undefined,
  });
  const reasoning = usage.reasoningTokens === null ? {} : { reasoning_tokens: usage.reasoningTokens };
  if (Object.keys(counts).length === 0 && usage.reasoningTokens === null) return null;
  return {
    // Clients that show a price read this one.
    billed_units: billedUnits(usage) ?? counts,
    tokens: { ...counts, ...reasoning },
    ...(usage.cacheReadTokens === null ? {} : { cached_tokens: usage.cacheReadTokens }),
  };
}

function billedUnits({ billed }: Usage): JsonObject | null {
  return billed === undefined ? null : { input_tokens: billed.inputTokens, output_tokens: billed.outputTokens };
}

function promptTokens(wire: JsonObject): number | null {
  const seen = countAt(wire, "tokens", "input_tokens");
  if (seen === null) return countAt(wire, "billed_units", "input_tokens");
  return seen + (countAt(wire, "tokens", "image_tokens") ?? 0);
}
