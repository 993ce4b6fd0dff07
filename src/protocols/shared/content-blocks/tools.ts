/** What Claude's vendors want of tool definitions alike. */
import { asArray, asObject, type JsonObject } from "../../../std/json.ts";
import type { WriteContext } from "../write-context.ts";

/** Strict is only sent where the model takes it, and not when it is off: then it is the default. */
export function writeStrict(
  strict: boolean | null,
  path: string,
  { native, dialect, losses }: WriteContext,
): JsonObject {
  if (strict === null || (!strict && !native)) return {};
  if (native || dialect.structuredOutput) return { strict };
  losses.drop(path, "the model has no strict tools");
  return {};
}

/** Names of the tools that messages call; `nameOf`: undefined for a block that is no call. */
export function calledTools(
  messages: readonly JsonObject[],
  nameOf: (block: JsonObject) => string | undefined,
): readonly string[] {
  const names = new Set<string>();
  for (const message of messages) {
    for (const block of asArray(message["content"]) ?? []) {
      const name = nameOf(asObject(block) ?? {});
      if (name !== undefined) names.add(name);
    }
  }
  return [...names];
}

/** A history with calls and no `tools` gets the least that names them. */
export function defineCalledTools(
  names: readonly string[],
  define: (name: string, schema: JsonObject) => JsonObject,
  { losses }: WriteContext,
): JsonObject[] {
  if (names.length === 0) return [];
  losses.approximate("tools", "the conversation holds tool calls, so their tools are defined without parameters");
  return names.map((name) => define(name, { type: "object", properties: {} }));
}
