/** The sentence of an error body, whatever shape it has. */
import { asText } from "../../../std/json.ts";

/** Characters kept of a vendor's sentence. */
export const MESSAGE_CHARS_MAX = 2000;

/** The first of these values that is a text and says something; null: none does. */
export function firstText(values: readonly unknown[]): string | null {
  for (const value of values) {
    const text = asText(value);
    if (text !== undefined && text !== "") return text;
  }
  return null;
}

/** A sentence cut to what is kept of it. */
export function boundedMessage(said: string | null): string | null {
  return said === null ? null : said.slice(0, MESSAGE_CHARS_MAX);
}

/** Of a body that is no JSON: a sentence, or the page of a machine before the vendor's. A page is known by its title; anything else is taken as it stands. Null: it says nothing. */
export function messageOfText(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (!trimmed.startsWith("<")) return trimmed;
  const title = /<title[^>]{0,100}>([^<]{1,200})<\/title>/i.exec(trimmed)?.[1]?.trim();
  return title === undefined || title === "" ? null : title;
}
