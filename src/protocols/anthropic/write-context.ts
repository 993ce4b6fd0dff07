/** What every part of the request writer needs to know: whose request it is, what the model takes, where losses go. */
import type { CacheMark, IrRequest } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { createLosses, type Losses } from "../shared/losses.ts";
import { type ModelRules, rulesOf } from "./model-rules.ts";
import { NO_PLACE, ORIGIN } from "./wire.ts";

/** The vendor takes at most so many marks in one request (platform.claude.com, prompt caching, read 2026-11-21). */
const CACHE_MARKS_MAX = 4;

export interface WriteContext {
  /** The request was read from this protocol: what its client wrote is written back, and the vendor judges it. */
  readonly native: boolean;
  readonly rules: ModelRules;
  readonly losses: Losses;
  /** Cache marks that may still be written. */
  marksLeft: number;
}

export function createWriteContext(request: IrRequest, upstreamModel: string): WriteContext {
  return {
    native: request.sourceProtocol === ORIGIN,
    rules: rulesOf(upstreamModel),
    losses: createLosses({ noPlace: NO_PLACE }),
    marksLeft: CACHE_MARKS_MAX,
  };
}

/** The `cache_control` member, or nothing. */
export function writeCache(cache: CacheMark | null, path: string, context: WriteContext): JsonObject {
  if (cache === null) return {};
  if (!context.native) {
    if (context.marksLeft === 0) {
      context.losses.drop(`${path}.cache_control`, "the vendor takes at most 4 cache marks");
      return {};
    }
    context.marksLeft--;
  }
  return { cache_control: { type: "ephemeral", ...(cache.lifetime === null ? {} : { ttl: cache.lifetime }) } };
}
