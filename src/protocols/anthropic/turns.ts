/** Turns of a Messages body: results of tools stand in the user's. */
import { asArray, at } from "../../std/json.ts";
import type { TurnPlaces } from "../protocol.ts";

export const turns: TurnPlaces = {
  member: "messages",
  kindOf(message) {
    const role = at(message, "role");
    if (role === "assistant") return role;
    if (role !== "user") return "kept";
    const holdsResult = asArray(at(message, "content"))?.some((block) => at(block, "type") === "tool_result");
    return holdsResult === true ? "result" : "user";
  },
};
