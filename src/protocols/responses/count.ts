/** Token counting: `POST /v1/responses/input_tokens`, a response's body without what only shapes the answer. */
import { tokenCount } from "../../ir/usage.ts";
import { WireError } from "../../std/wire-error.ts";
import type { CountOperation } from "../protocol.ts";

export const count: CountOperation = {
  readCount(body) {
    const tokens = tokenCount(body["input_tokens"]);
    if (tokens === null) throw new WireError("The answer names no input_tokens.");
    return tokens;
  },
  writeCount: (tokens) => ({ object: "response.input_tokens", input_tokens: tokens }),
  writeRequest: (body) => Object.fromEntries(Object.entries(body).filter(([name]) => COUNTED.has(name))),
};

/** Parameters of the call (openai 6.49.0, InputTokenCountParams, read 2026-11). */
const COUNTED: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "conversation",
  "previous_response_id",
  "parallel_tool_calls",
  "personality",
  "reasoning",
  "text",
  "tool_choice",
  "tools",
  "truncation",
]);
