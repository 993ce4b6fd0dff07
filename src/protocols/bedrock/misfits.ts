/**
 * What a client of Converse asks of one Claude and another refuses: a way to think, and a budget in a tool loop that began
 * without reasoning. A gateway gives clients models by names of its own, and a session moves between two Claudes. Such a
 * request is written anew for the model, and told as losses.
 */
import type { Dialect } from "../../ir/dialect.ts";
import { asArray, asObject, at, type JsonObject } from "../../std/json.ts";
import { isUnsignedLoop, thinksOtherwise } from "../shared/content-blocks/thinking.ts";
import { knowsThinking, LOOP } from "./thinking-writer.ts";

export function misfits(body: JsonObject, dialect: Dialect): boolean {
  const type = asObject(at(body, "additionalModelRequestFields", "thinking"))?.["type"];
  if (type === undefined) return false;
  if (!knowsThinking(dialect)) return false;
  if (thinksOtherwise(type, dialect)) return true;
  const messages = (asArray(body["messages"]) ?? []).map(asObject).filter((message) => message !== undefined);
  return type === "enabled" && isUnsignedLoop(messages, LOOP);
}
