/** What every part of this request writer needs to know: what all need. */
import type { IrRequest } from "../../ir/request.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { createWriteContext, type WriteContext } from "../shared/write-context.ts";
import { PROTOCOL } from "./wire.ts";

export type GeminiContext = WriteContext;

export function createGeminiContext(request: IrRequest, options: WriteRequestOptions): GeminiContext {
  return createWriteContext(request, {
    protocol: PROTOCOL,
    dialect: options.dialect,
  });
}
