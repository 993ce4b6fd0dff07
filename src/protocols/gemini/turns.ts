/** Turns of a generateContent body: results of functions stand in the user's, or in a role of their own. */
import { asArray, asObject } from "../../std/json.ts";
import type { TurnPlaces } from "../protocol.ts";
import { either } from "./members.ts";

export const turns: TurnPlaces = {
  member: "contents",
  kindOf(content) {
    const turn = asObject(content);
    const role = turn?.["role"] ?? "user";
    if (role === "model") return "assistant";
    if (role !== "user" && role !== "function") return "kept";
    const parts = asArray(turn?.["parts"]) ?? [];
    const holdsResult = parts.some(
      (part) => asObject(either(asObject(part), "functionResponse", "function_response")) !== undefined,
    );
    return role === "function" || holdsResult ? "result" : "user";
  },
};
