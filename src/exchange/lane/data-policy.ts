/** What a request says of its own data: a lane serves it only where it is known to keep that. Unknown is no promise. */
import type { Lane } from "../../ir/deployment.ts";
import { asObject, asText } from "../../std/json.ts";
import type { ClientCall } from "../request/call.ts";

export function keepsData({ wishes, request }: Pick<ClientCall, "wishes" | "request">, lane: Lane): boolean {
  if (wishes === null) return true;
  const { zdr, dataCollection } = wishes;
  const { retention } = lane;
  const keepsZdr = !zdr || retention === "none";
  const keepsDeny = dataCollection !== "deny" || retention === "none" || retention === "kept";
  if (keepsZdr && keepsDeny) return true;
  // A vendor that is a router of its own reads the same words in the body, and chooses among its hosts by them.
  if (lane.dialect.hostRouting !== "members") return false;
  const said = asObject(request.body["provider"]);
  return (keepsZdr || said?.["zdr"] === true) && (keepsDeny || asText(said?.["data_collection"]) === "deny");
}
