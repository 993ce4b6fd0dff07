/**
 * What a client of Converse asks of one Claude and another refuses: a way to think, and a budget in a tool loop that began
 * without reasoning. A gateway gives clients models by names of its own, and a session moves between two Claudes. Such a
 * request is written anew for the model, and told as losses.
 */
import { asArray, asObject, at, type JsonObject } from "../../std/json.ts";
import { isUnsignedLoop } from "../shared/content-blocks/claude-thinking.ts";
import { rulesOf, thinksOtherwise } from "./model-rules.ts";
import { LOOP } from "./thinking-writer.ts";

export function misfits(body: JsonObject, upstreamModel: string): boolean {
  const type = asObject(at(body, "additionalModelRequestFields", "thinking"))?.["type"];
  if (type === undefined) return false;
  const rules = rulesOf(upstreamModel);
  if (rules.budget === null) return false;
  if (thinksOtherwise(type, rules)) return true;
  const messages = (asArray(body["messages"]) ?? []).map(asObject).filter((message) => message !== undefined);
  return type === "enabled" && isUnsignedLoop(messages, LOOP);
}
