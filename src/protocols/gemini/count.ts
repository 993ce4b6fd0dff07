/** Token counting: `POST .../models/{model}:countTokens`. */
import { tokenCount } from "../../ir/usage.ts";
import type { JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { CountOperation } from "../protocol.ts";

export const count: CountOperation = {
  readCount(body: JsonObject): number {
    const tokens = tokenCount(body["totalTokens"]);
    if (tokens === null) throw new WireError("The answer names no totalTokens.");
    return tokens;
  },
  writeCount: (tokens) => ({ totalTokens: tokens }),
};
