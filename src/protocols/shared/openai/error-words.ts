/** Words of an upstream error in OpenAI's protocols, and in what compatible vendors and proxies make of them. */
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../../std/json.ts";

/** What an error inside an answer counts as while nothing says more. */
export const IN_BAND_STATUS_DEFAULT = 500;

/** The first member that holds a sentence; null: none does. */
export function messageIn(error: JsonObject): string | null {
  for (const name of MESSAGE_FIELDS) {
    const said = sentenceOf(error[name]);
    if (said !== null) return said;
  }
  return null;
}

/** FastAPI gives a list of `{loc, msg}` as `detail`; Mistral puts that into `message`. */
export function sentenceOf(value: unknown): string | null {
  const text = asText(value);
  if (text !== undefined) return text === "" ? null : text;
  const list = asArray(value);
  if (list !== undefined) {
    const parts = list.slice(0, LIST_MAX).flatMap((each) => {
      const said = asText(each) ?? asText(at(each, "msg")) ?? asText(at(each, "message"));
      const place = (asArray(at(each, "loc")) ?? []).map(String).join(".");
      return said === undefined ? [] : [place === "" ? said : `${place}: ${said}`];
    });
    return parts.length === 0 ? null : parts.join("; ");
  }
  const object = asObject(value);
  return object === undefined ? null : messageIn(object);
}

/** A code or type: vendors write words and numbers. */
export function wordIn(value: unknown): string | null {
  const text = asText(value);
  if (text !== undefined) return text === "" ? null : text.slice(0, WORD_CHARS_MAX);
  const number = asNumber(value);
  return number === undefined ? null : String(number);
}

/** The status that an error inside an answer says it has; undefined: it says none. */
export function statusIn(body: JsonObject): number | undefined {
  return [at(body, "error", "status"), at(body, "error", "code"), body["status"], body["code"]]
    .map((value) => asNumber(value) ?? Number(asText(value) ?? Number.NaN))
    .find((value) => Number.isInteger(value) && value >= 400 && value <= 599);
}

const WORD_CHARS_MAX = 200;
/** Complaints quoted out of one list. */
const LIST_MAX = 8;
const MESSAGE_FIELDS = ["message", "msg", "detail", "error_msg", "error_message", "description"] as const;
