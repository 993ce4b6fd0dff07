/** Token counting: `POST .../models/{model}:countTokens`. */
import { tokenCount } from "../../ir/usage.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { CountOperation } from "../protocol.ts";
import { either } from "./members.ts";

/** Contents alone, or a whole request in a member of its own (ai.google.dev/api/tokens, read 2026-11-27). */
export const count: CountOperation = {
  readRequest: (body) => asObject(either(body, "generateContentRequest", "generate_content_request")) ?? body,
  writeRequest(body, upstreamModel) {
    const model = /^(models|tunedModels)\//.test(upstreamModel) ? upstreamModel : `models/${upstreamModel}`;
    return { generateContentRequest: { ...body, model } };
  },
  readCount(body: JsonObject): number {
    const tokens = tokenCount(body["totalTokens"]);
    if (tokens === null) throw new WireError("The answer names no totalTokens.");
    return tokens;
  },
  writeCount: (tokens) => ({ totalTokens: tokens }),
};
