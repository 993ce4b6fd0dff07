/** Token counting: `POST /v1/messages/count_tokens`, a message's body without what only shapes the answer. */
import { tokenCount } from "../../ir/usage.ts";
import type { JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { CountOperation } from "../protocol.ts";

export const count: CountOperation = {
  readCount(body: JsonObject): number {
    const tokens = tokenCount(body["input_tokens"]);
    if (tokens === null) throw new WireError("The answer names no input_tokens.");
    return tokens;
  },
  writeCount: (tokens) => ({ input_tokens: tokens }),
  /** The vendor refuses members it does not know, the output limit that a message must have among them. */
  writeRequest: (body) => Object.fromEntries(Object.entries(body).filter(([name]) => COUNTED.has(name))),
};

/** Parameters of the call (@anthropic-ai/sdk 1.11.0, MessageCountTokensParams, read 2026-11). */
const COUNTED: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "cache_control",
  "output_config",
  "speed",
  "mcp_servers",
  "context_management",
]);
