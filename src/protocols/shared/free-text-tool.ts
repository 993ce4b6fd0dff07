/** Free-text tools for a vendor that has only functions: the model calls a function with one string. */
import type { IrRequest } from "../../ir/request.ts";
import { asObject, asText, at, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";

export const FREE_TEXT_SCHEMA = {
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
} as const;

export const FREE_TEXT_LOSS = "a free-text tool is written as a function with one string";

/** JSON around the text where arguments are written in pieces. */
export const FREE_TEXT_OPEN = '{"input":"';
export const FREE_TEXT_CLOSE = '"}';

export function freeTextArguments(text: string): { readonly input: string } {
  return { input: text };
}

/** A function has no grammar, so its description tells the model what the string must hold to. Null: nothing is known. */
export function freeTextDescription(description: string | null, format: unknown): string | null {
  const flat = asObject(format);
  const grammar = asObject(flat?.["grammar"]) ?? flat;
  const definition = asText(grammar?.["definition"]);
  if (flat?.["type"] !== "grammar" || definition === undefined) return description;
  const syntax = asText(grammar?.["syntax"]);
  const words = `The member \`input\` is text that follows this ${syntax === undefined ? "" : `${syntax} `}grammar:\n${definition}`;
  return description === null ? words : `${description}\n\n${words}`;
}

/** Names of the free-text tools of a client of this protocol: their calls come back as it declared them. */
export function customNames(request: IrRequest | null, protocol: string): ReadonlySet<string> {
  const tools = request?.sourceProtocol === protocol ? request.tools : [];
  return new Set(tools.flatMap((tool) => (tool.type === "custom" ? [tool.name] : [])));
}

/** The free text inside `{"input": "..."}`; anything else is taken as it stands. */
export function unwrapInput(text: string): string {
  try {
    return asText(at(parseJson(text), "input")) ?? text;
  } catch (error) {
    if (error instanceof WireError) return text; // cut short, or never wrapped
    throw error;
  }
}
