/** What every part of this request writer needs to know: what all need, with the rules of Gemini's models. */
import type { IrRequest } from "../../ir/request.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { createWriteContext, type WriteContext } from "../shared/write-context.ts";
import { type ModelRules, rulesOf } from "./model-rules.ts";
import { PROTOCOL } from "./wire.ts";

export type GeminiContext = WriteContext<ModelRules>;

export function createGeminiContext(request: IrRequest, options: WriteRequestOptions): GeminiContext {
  return createWriteContext(request, {
    protocol: PROTOCOL,
    rules: rulesOf(options.upstreamModel),
    dialect: options.dialect,
  });
}
