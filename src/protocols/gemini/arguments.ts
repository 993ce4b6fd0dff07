/**
 * Arguments of tool calls: JSON text in between, an object on this wire. Text that is no JSON object (a model may write
 * anything) is carried as `{"arguments": "<the text>"}`, so that nothing is lost and the vendor still accepts it.
 */
import type { JsonObject } from "../../std/json.ts";
import { parseArguments } from "../shared/arguments.ts";

export { wrapArguments } from "../shared/arguments.ts";

/** Null: the text is no JSON object. Blank text is an empty one. Numbers keep their digits. */
export function parseObject(text: string): JsonObject | null {
  const start = text.trimStart();
  // As results of tools mostly are: a text, which need not be parsed to be told from an object.
  if (start !== "" && !start.startsWith("{")) return null;
  const parsed = parseArguments(text);
  return parsed.kind === "object" ? parsed.value : null;
}
