/** An error body that is no JSON: a sentence, or the page of a machine before the vendor's. */

/** A page is known by its title; anything else is taken as it stands. Null: it says nothing. */
export function messageOfText(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (!trimmed.startsWith("<")) return trimmed;
  const title = /<title[^>]{0,100}>([^<]{1,200})<\/title>/i.exec(trimmed)?.[1]?.trim();
  return title === undefined || title === "" ? null : title;
}
