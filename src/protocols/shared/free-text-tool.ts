/** Free-text tools for a vendor that has only functions: the model calls a function with one string. */

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
