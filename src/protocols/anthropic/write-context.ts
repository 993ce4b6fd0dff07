/** What every part of this request writer needs to know beside what all need: the cache marks that are left. */
import type { CacheMark, IrRequest } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { type CacheMarkBudget, createCacheMarkBudget, takeCacheMark } from "../shared/cache-marks.ts";
import { createWriteContext, type WriteContext } from "../shared/write-context.ts";
import { NO_PLACE, PROTOCOL } from "./wire.ts";

export interface MessagesContext extends WriteContext, CacheMarkBudget {}

export function createMessagesContext(request: IrRequest, options: WriteRequestOptions): MessagesContext {
  const isJudgedThere = request.sourceProtocol === PROTOCOL && options.isMisfit !== true;
  const own = {
    protocol: PROTOCOL,
    // What a client of this protocol asks for is the vendor's to judge.
    dialect: isJudgedThere ? { ...options.dialect, thinking: null, systemTurns: true } : options.dialect,
    noPlace: NO_PLACE,
  };
  return { ...createWriteContext(request, own), ...createCacheMarkBudget() };
}

/** The `cache_control` member, or nothing. */
export function writeCache(cache: CacheMark | null, path: string, context: MessagesContext): JsonObject {
  if (cache === null || !takeCacheMark(path, context)) return {};
  return { cache_control: { type: "ephemeral", ...(cache.lifetime === null ? {} : { ttl: cache.lifetime }) } };
}
