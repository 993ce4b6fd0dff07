/** Turns in OpenAI's shape of messages, which Cohere took over. */
import { at } from "../../../std/json.ts";
import type { TurnKind, TurnPlaces } from "../../protocol.ts";

export const MESSAGE_TURNS: TurnPlaces = { member: "messages", kindOf };

function kindOf(message: unknown): TurnKind {
  const role = at(message, "role");
  if (role === "tool" || role === "function") return "result";
  return role === "user" || role === "assistant" ? role : "kept";
}
