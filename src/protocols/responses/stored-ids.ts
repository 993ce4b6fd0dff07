/** Ids under which the vendor stores an answer, its items and its conversation, so that later requests may name them. */
import { asArray, asObject, asText, at } from "../../std/json.ts";
import { parseFrame } from "../shared/parse-frame.ts";

/** Of a whole answer, or of a frame that holds one. Nothing is stored where the answer says so. */
export function storedIds(text: string): readonly string[] {
  if (!HOLDS_RESPONSE.test(text)) return [];
  const body = parseFrame({ data: text });
  const response = asObject(body?.["response"]) ?? body ?? {};
  if (response["store"] === false) return [];
  const items = (asArray(response["output"]) ?? []).map((item) => at(item, "id"));
  return [response["id"], at(response["conversation"], "id"), ...items].flatMap((id) => asText(id) ?? []);
}

/** Inside texts a quote is escaped, so none matches by chance. */
const HOLDS_RESPONSE = /"object"\s?:\s?"response"/;
