/** What every part of this request writer needs to know beside what all need: cache marks left, names of documents. */
import type { CacheMark, IrRequest } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { type CacheMarkBudget, createCacheMarkBudget, takeCacheMark } from "../shared/cache-marks.ts";
import { createWriteContext, type WriteContext } from "../shared/write-context.ts";
import { PROTOCOL } from "./wire.ts";

export interface ConverseContext extends WriteContext, CacheMarkBudget {
  /** Names of documents so far, which must differ. */
  readonly documentNames: Set<string>;
}

export function createConverseContext(request: IrRequest, options: WriteRequestOptions): ConverseContext {
  // What a client of this protocol asks for is the vendor's to judge, unless the model is known to refuse it.
  const isJudgedThere = request.sourceProtocol === PROTOCOL && options.isMisfit !== true;
  const dialect = isJudgedThere ? { ...options.dialect, thinking: null } : options.dialect;
  const own = { protocol: PROTOCOL, dialect };
  return { ...createWriteContext(request, own), ...createCacheMarkBudget(), documentNames: new Set() };
}

/** The mark behind a block, or nothing. */
export function writeMark(cache: CacheMark | null, path: string, context: ConverseContext): JsonObject[] {
  if (cache === null) return [];
  const { native, dialect, losses } = context;
  if (!native && dialect.clientMarks === "refused") {
    losses.drop(`${path}.cache_control`, "the model has no cache marks");
    return [];
  }
  if (!takeCacheMark(path, context)) return [];
  const { lifetime } = cache;
  if (lifetime === null) return [{ cachePoint: { type: "default" } }];
  if (native || dialect.clientMarks === "lifetimes") return [{ cachePoint: { type: "default", ttl: lifetime } }];
  if (lifetime === "1h") losses.approximate(`${path}.cache_control.ttl`, "the model caches for five minutes");
  return [{ cachePoint: { type: "default" } }];
}
