/** Items of a Responses input: a turn of the model may be several of them. */
import { asText, at } from "../../std/json.ts";
import type { TurnPlaces } from "../protocol.ts";

export const turns: TurnPlaces = {
  member: "input",
  kindOf(item) {
    const role = at(item, "role");
    if (role === "user" || role === "assistant") return role;
    const type = asText(at(item, "type")) ?? "";
    return MADE.has(type) ? "assistant" : GIVEN.has(type) ? "result" : "kept";
  },
};

const MADE: ReadonlySet<string> = new Set(["reasoning", "function_call", "custom_tool_call"]);
const GIVEN: ReadonlySet<string> = new Set(["function_call_output", "custom_tool_call_output"]);
