/**
 * Token counting: `POST .../models/{model}:countTokens` (ai.google.dev/api/tokens, read 2026-11-27). What is counted stands
 * bare where it is contents alone, and whole in `generateContentRequest` where instructions or tools count too.
 */
import { tokenCount } from "../../ir/usage.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { CountOperation } from "../protocol.ts";
import { either } from "./members.ts";

export const count: CountOperation = {
  readRequest: (body) => asObject(either(body, "generateContentRequest", "generate_content_request")) ?? body,
  writeRequest(body, upstreamModel) {
    // The one form that the developer API and the cloud's both take.
    if (!COUNTED.some((name) => body[name] !== undefined)) return { contents: body["contents"] };
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

/** Members of a request that are part of the prompt beside its contents. */
const COUNTED = ["systemInstruction", "tools", "cachedContent"] as const;
