/** Turns of a Converse body: results of tools stand in the user's. */
import { asArray, asObject, at } from "../../std/json.ts";
import type { TurnPlaces } from "../protocol.ts";

export const turns: TurnPlaces = {
  member: "messages",
  kindOf(message) {
    const role = at(message, "role");
    if (role === "assistant") return role;
    if (role !== "user") return "kept";
    const blocks = asArray(at(message, "content")) ?? [];
    return blocks.some((block) => asObject(at(block, "toolResult")) !== undefined) ? "result" : "user";
  },
};
