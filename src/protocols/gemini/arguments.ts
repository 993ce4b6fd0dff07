/**
 * Arguments of tool calls: JSON text in between, an object on this wire. Text that is no JSON object (a model may write
 * anything) is carried as `{"arguments": "<the text>"}`, so that nothing is lost and the vendor still accepts it.
 */
import { asObject, type JsonObject, parseExact, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";

/** Null: the text is no JSON object. Blank text is an empty one. Numbers keep their digits. */
export function parseObject(text: string): JsonObject | null {
  const start = text.trimStart();
  if (start === "") return {};
  // As results of tools mostly are: a text, which need not be parsed to be told from an object.
  if (!start.startsWith("{")) return null;
  try {
    return asObject(MAY_CHANGE.test(text) ? parseExact(text) : parseJson(text)) ?? null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

export function wrapArguments(text: string): JsonObject {
  return { arguments: text };
}

/** Numbers that JavaScript may write differently: long ones, fractions, exponents, minus zero. False alarms only cost time. */
const MAY_CHANGE = /\d{16}|\d\.\d|\d[eE]|-0(?!\d)/;
