/**
 * Token counts, both ways. `inputTokens` are those neither read from a cache nor written to one (recorded answers: the total
 * is the sum of all four). `cacheDetails` says how the written ones divide by lifetime.
 */
import { inputTokens, type Usage, usageCount } from "../../ir/usage.ts";
import { asArray, asObject, type JsonObject } from "../../std/json.ts";

/** Null when there is no usage object. */
export function readUsage(value: unknown): Usage | null {
  const usage = asObject(value);
  if (usage === undefined) return null;
  const written = usageCount(usage["cacheWriteInputTokens"]);
  const written1h = writtenFor("1h", usage["cacheDetails"]);
  return {
    freshInputTokens: usageCount(usage["inputTokens"]),
    cacheReadTokens: usageCount(usage["cacheReadInputTokens"]),
    cacheWriteTokens:
      written === null ? writtenFor("5m", usage["cacheDetails"]) : Math.max(0, written - (written1h ?? 0)),
    cacheWrite1hTokens: written1h,
    outputTokens: usageCount(usage["outputTokens"]),
    reasoningTokens: null,
    audioInputTokens: null,
    audioOutputTokens: null,
  };
}

function writtenFor(ttl: "5m" | "1h", details: unknown): number | null {
  const found = (asArray(details) ?? []).map(asObject).find((each) => each?.["ttl"] === ttl);
  return usageCount(found?.["inputTokens"]);
}

/** The SDK's types demand the first three as numbers; a cache counter that was not reported is left out. */
export function writeUsage(
  usage: Usage | null,
  instead: { readonly inputTokens: number; readonly outputTokens: number },
): JsonObject {
  const fresh = usage?.freshInputTokens ?? instead.inputTokens;
  const output = usage?.outputTokens ?? instead.outputTokens;
  const [short, long] = [usage?.cacheWriteTokens ?? null, usage?.cacheWrite1hTokens ?? null];
  const whole = usage === null ? fresh : (inputTokens({ ...usage, freshInputTokens: fresh }) ?? fresh);
  return {
    inputTokens: fresh,
    outputTokens: output,
    totalTokens: whole + output,
    ...(usage?.cacheReadTokens == null ? {} : { cacheReadInputTokens: usage.cacheReadTokens }),
    ...(short === null && long === null ? {} : { cacheWriteInputTokens: (short ?? 0) + (long ?? 0) }),
    ...(long === null
      ? {}
      : {
          cacheDetails: [
            { ttl: "5m", inputTokens: short ?? 0 },
            { ttl: "1h", inputTokens: long },
          ],
        }),
  };
}
