/** Citations as the vendor's annotations. */

import type { IrCitation } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { writeUrlCitation } from "../shared/openai/url-citation.ts";
import { PROTOCOL, type WireAnnotation } from "./wire.ts";

/** Null: it has no URL, and the vendor's other kinds point into its own store. `textEnd`: length of the text it stands behind. */
export function writeAnnotation(citation: IrCitation, textEnd: number): WireAnnotation | JsonObject | null {
  if (citation.sourceProtocol === PROTOCOL) return asObject(citation.raw) ?? null;
  const written = writeUrlCitation(citation, textEnd);
  return written === null ? null : { type: "url_citation", ...written };
}
