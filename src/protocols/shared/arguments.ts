/**
 * Arguments of tool calls: JSON text in the IR, an object on some wires. Text that is no JSON object (a model may write
 * anything) is carried as `{"arguments": "<the text>"}`, so that nothing is lost and the vendor still accepts it.
 */
import type { ToolCallBlock } from "../../ir/request.ts";
import { asObject, asText, type JsonObject, parseExact, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { freeTextArguments } from "./free-text-tool.ts";
import type { Losses } from "./losses.ts";
import type { WriteContext } from "./write-context.ts";

type ParsedArguments =
  | { readonly kind: "object"; readonly value: JsonObject }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "broken" };

/** Some vendors and clients send the arguments as an object instead of as its text. */
export function argumentsText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return asText(value) ?? JSON.stringify(value);
}

/** Blank, or the word `null`: vendors write either for a tool without parameters. */
function areNoArguments(text: string): boolean {
  const word = text.length > WORD_CHARS_MAX ? text : text.trim();
  return word === "" || word === "null";
}

/** Arguments for a wire that has them as text: clients and vendors parse it, and it must be an object. */
export function writeArgumentsText(text: string): string {
  return areNoArguments(text) ? "{}" : text;
}

/** Arguments that the wire has as a value, as their text. A text that says nothing is an object without members. */
export function inputText(value: unknown): string {
  if (value === undefined || value === null) return "{}";
  const text = asText(value);
  return text !== undefined && areNoArguments(text) ? "{}" : JSON.stringify(value);
}

/** No arguments are an empty object. Numbers keep their digits. */
function parseArguments(text: string): ParsedArguments {
  if (text.trim() === "" || areNoArguments(text)) return { kind: "object", value: {} };
  try {
    const value = MAY_CHANGE.test(text) ? parseExact(text) : parseJson(text);
    const object = asObject(value);
    return object === undefined ? { kind: "value", value } : { kind: "object", value: object };
  } catch (error) {
    if (error instanceof WireError) return { kind: "broken" };
    throw error;
  }
}

/** Null: the text is no JSON object. */
export function parseObject(text: string): JsonObject | null {
  const start = text.trimStart();
  // As results of tools mostly are: a text, which need not be parsed to be told from an object.
  if (start !== "" && !start.startsWith("{")) return null;
  const parsed = parseArguments(text);
  return parsed.kind === "object" ? parsed.value : null;
}

/** Arguments of a finished call as an object. `field`: where they stand, for the loss. */
export function writeArguments(
  call: Pick<ToolCallBlock, "kind" | "arguments">,
  field: string,
  losses: Losses,
): JsonObject {
  if (call.kind === "custom") return freeTextArguments(call.arguments);
  const parsed = areNoArguments(call.arguments) ? {} : parseObject(call.arguments);
  if (parsed !== null) return parsed;
  losses.approximate(field, "the arguments are not a JSON object, so they are written inside one");
  return wrapArguments(call.arguments);
}

/** The same in a request: a client of the writer's own protocol may have sent any value, which the vendor judges. */
export function writeOwnArguments(
  call: Pick<ToolCallBlock, "kind" | "arguments">,
  path: string,
  { native, losses }: WriteContext,
): unknown {
  if (call.kind === "custom") return freeTextArguments(call.arguments);
  const parsed = parseArguments(call.arguments);
  if (parsed.kind === "object" || (native && parsed.kind === "value")) return parsed.value;
  losses.approximate(`${path}.arguments`, "not a JSON object, so it is written inside one");
  return wrapArguments(call.arguments);
}

function wrapArguments(text: string): JsonObject {
  return { arguments: text };
}

/** Arguments that say nothing are a few characters; a longer text is judged as any other. */
const WORD_CHARS_MAX = 256;

/** Numbers that JavaScript may write differently: long ones, fractions, exponents, minus zero. False alarms only cost time. */
const MAY_CHANGE = /\d{16}|\d\.\d|\d[eE]|-0(?!\d)/;
