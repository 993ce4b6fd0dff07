/**
 * What a client of this protocol asks of one Claude and another refuses: a way to think, an effort, instructions between
 * turns, and a budget in a tool loop that began without thinking. An agent knows models by their names and a gateway gives
 * them others; a session moves between two Claudes. Such a request is written anew for the model, and told as losses.
 */
import type { Dialect } from "../../ir/dialect.ts";
import { asArray, asObject, type JsonObject } from "../../std/json.ts";
import { isUnsignedLoop, takesEffort, thinksOtherwise } from "../shared/content-blocks/thinking.ts";
import { LOOP } from "./thinking-writer.ts";

export function misfits(body: JsonObject, dialect: Dialect): boolean {
  if (dialect.thinking === null) return false;
  const type = asObject(body["thinking"])?.["type"];
  const effort = asObject(body["output_config"])?.["effort"];
  if (thinksOtherwise(type, dialect) || (effort !== undefined && !takesEffort(dialect))) return true;
  const messages = asArray(body["messages"]) ?? [];
  if (!dialect.systemTurns && messages.some((message) => asObject(message)?.["role"] === "system")) return true;
  return (
    type === "enabled" &&
    isUnsignedLoop(
      messages.map(asObject).filter((message) => message !== undefined),
      LOOP,
    )
  );
}
