/**
 * What a client of this protocol asks of one Claude and another refuses: a way to think, an effort, instructions between
 * turns, and a budget in a tool loop that began without thinking. An agent knows models by their names and a gateway gives
 * them others; a session moves between two Claudes. Such a request is written anew for the model, and told as losses.
 */
import { asArray, asObject, type JsonObject } from "../../std/json.ts";
import { isUnsignedLoop } from "../shared/content-blocks/claude-thinking.ts";
import { rulesOf, thinksOtherwise } from "./model-rules.ts";
import { LOOP } from "./thinking-writer.ts";

export function misfits(body: JsonObject, upstreamModel: string): boolean {
  const rules = rulesOf(upstreamModel);
  if (!rules.isKnown) return false;
  const type = asObject(body["thinking"])?.["type"];
  const effort = asObject(body["output_config"])?.["effort"];
  if (thinksOtherwise(type, rules) || (effort !== undefined && rules.efforts.length === 0)) return true;
  const messages = asArray(body["messages"]) ?? [];
  if (!rules.systemTurns && messages.some((message) => asObject(message)?.["role"] === "system")) return true;
  return (
    type === "enabled" &&
    isUnsignedLoop(
      messages.map(asObject).filter((message) => message !== undefined),
      LOOP,
    )
  );
}
