/** Citations, both ways. The vendor's places count its own sources; an address is the one thing any client can follow. */
import type { IrCitation } from "../../ir/request.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { keyOf } from "./unions.ts";
import { type CitationLocation, PROTOCOL } from "./wire.ts";

const DOCUMENT_PLACES: ReadonlySet<string> = new Set([
  "documentChar",
  "documentPage",
  "documentChunk",
  "searchResultLocation",
]);

export function readCitation(value: unknown): IrCitation {
  const citation = asObject(value) ?? {};
  const place = keyOf(asObject(citation["location"]) ?? {}) ?? "";
  const url = asText(at(citation, "location", "web", "url")) ?? null;
  const cited = (asArray(citation["sourceContent"]) ?? []).flatMap((each) => asText(asObject(each)?.["text"]) ?? []);
  return {
    kind: url !== null ? "url" : DOCUMENT_PLACES.has(place) ? "document" : "other",
    url,
    title: asText(citation["title"]) ?? null,
    citedText: cited.length === 0 ? null : cited.join(""),
    start: null,
    end: null,
    sourceProtocol: PROTOCOL,
    raw: value,
  };
}

/** For an answer to a client of this protocol. Null: another vendor's citation without an address means nothing here. */
export function writeCitation(citation: IrCitation): JsonObject | null {
  if (citation.sourceProtocol === PROTOCOL) return asObject(citation.raw) ?? null;
  if (citation.url === null) return null;
  const location = { web: { url: citation.url } } satisfies Partial<CitationLocation>;
  return {
    ...(citation.title === null ? {} : { title: citation.title }),
    ...(citation.citedText === null ? {} : { sourceContent: [{ text: citation.citedText }] }),
    location,
  };
}
