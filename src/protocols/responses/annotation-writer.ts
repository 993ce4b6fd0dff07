/** Citations as the vendor's annotations. */
import type { IrCitation } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { ORIGIN, type WireAnnotation } from "./wire.ts";

/** Null: it has no URL, and the vendor's other kinds point into its own store. `textEnd`: length of the text it stands behind. */
export function writeAnnotation(citation: IrCitation, textEnd: number): WireAnnotation | JsonObject | null {
  if (citation.sourceProtocol === ORIGIN) return asObject(citation.raw) ?? null;
  if (citation.url === null) return null;
  return {
    type: "url_citation",
    start_index: citation.start ?? textEnd,
    end_index: citation.end ?? textEnd,
    title: citation.title ?? citation.url,
    url: citation.url,
  };
}
