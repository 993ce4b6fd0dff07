/** Members that a vendor sends filled with empty values where it does not use them: no call, no sound, no more than that. */
import { asObject, type JsonObject } from "../../std/json.ts";
import { argumentsText } from "../shared/arguments.ts";
import { isBlank, nonEmpty } from "../shared/members.ts";

/** An entry of `tool_calls` that has neither id, name nor arguments; its type and number say nothing alone. */
export function isBlankCall(value: unknown): boolean {
  const call = asObject(value);
  if (call === undefined) return isBlank(value);
  // One without a name may go on with arguments, of which a space or a brace is a piece.
  return nonEmpty(call["id"]) === null && isBlank(call["function"]) && isBlank(call["custom"]);
}

/** The older `function_call`. One without a name is none, even if its arguments are an empty object. */
export function isBlankFunction(value: unknown): boolean {
  const called = asObject(value);
  if (called === undefined) return isBlank(value);
  const text = argumentsText(called["arguments"]).trim();
  return nonEmpty(called["name"]) === null && (text === "" || text === "null" || text === "{}");
}

/** Sound whose time of expiry is all it names. */
export function isBlankAudio(audio: JsonObject): boolean {
  return Object.keys(audio).every((name) => name === "expires_at" || isBlank(audio[name]));
}
