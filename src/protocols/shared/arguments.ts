/**
 * Arguments of tool calls: JSON text in between, an object on this wire. Text that is no JSON object (a model may write
 * anything) is carried as `{"arguments": "<the text>"}`, so that nothing is lost and the vendor still accepts it.
 */
import { asObject, type JsonObject, parseExact, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";

export type ParsedArguments =
  | { readonly kind: "object"; readonly value: JsonObject }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "broken" };

/** Blank text is an empty object: vendors send it for a tool without parameters. Numbers keep their digits. */
export function parseArguments(text: string): ParsedArguments {
  if (text.trim() === "") return { kind: "object", value: {} };
  try {
    const value = MAY_CHANGE.test(text) ? parseExact(text) : parseJson(text);
    const object = asObject(value);
    return object === undefined ? { kind: "value", value } : { kind: "object", value: object };
  } catch (error) {
    if (error instanceof WireError) return { kind: "broken" };
    throw error;
  }
}

export function wrapArguments(text: string): JsonObject {
  return { arguments: text };
}

/** Numbers that JavaScript may write differently: long ones, fractions, exponents, minus zero. False alarms only cost time. */
const MAY_CHANGE = /\d{16}|\d\.\d|\d[eE]|-0(?!\d)/;
