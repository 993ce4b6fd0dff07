/** Token counting: `POST /model/{id}/count-tokens`. */
import { tokenCount } from "../../ir/usage.ts";
import { asObject, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { CountOperation } from "../protocol.ts";

export const count: CountOperation = {
  readRequest(body: JsonObject): JsonObject {
    const asked = asObject(at(body, "input", "converse"));
    if (asked === undefined) throw new WireError("input.converse must be an object.");
    return asked;
  },
  writeRequest(body: JsonObject): JsonObject {
    const { messages, system, toolConfig, additionalModelRequestFields } = body;
    const converse = Object.entries({ messages, system, toolConfig, additionalModelRequestFields });
    return { input: { converse: Object.fromEntries(converse.filter(([, value]) => value !== undefined)) } };
  },
  readCount(body: JsonObject): number {
    const tokens = tokenCount(body["inputTokens"]);
    if (tokens === null) throw new WireError("The answer names no inputTokens.");
    return tokens;
  },
  writeCount: (tokens) => ({ inputTokens: tokens }),
};
