/** A citation of an address, as both of OpenAI's protocols write it: flat in one, under a name of its own in the other. */
import type { IrCitation } from "../../../ir/request.ts";

/** Null: it has no URL, and the vendor's other kinds point into its own store. `textEnd`: length of the text it stands behind. */
export function writeUrlCitation({ url, title, start, end }: IrCitation, textEnd: number) {
  if (url === null) return null;
  return { start_index: start ?? textEnd, end_index: end ?? textEnd, title: title ?? url, url };
}
