/** Token counting: `POST /v1/messages/count_tokens`. */
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
};
