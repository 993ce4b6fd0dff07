/** What every part of the request writer needs to know: whose request it is, what the model takes, where losses go. */
import type { CacheMark, IrRequest } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { createLosses, type Losses } from "../shared/losses.ts";
import { type ModelRules, rulesOf } from "./model-rules.ts";
import { ORIGIN } from "./wire.ts";

/** The service takes at most so many marks in one request (docs.aws.amazon.com, prompt caching, read 2026-11). */
const CACHE_MARKS_MAX = 4;

export interface WriteContext {
  /** The request was read from this protocol: what its client wrote is written back, and the vendor judges it. */
  readonly native: boolean;
  readonly rules: ModelRules;
  readonly losses: Losses;
  /** Cache marks that may still be written. */
  marksLeft: number;
  /** Names of documents so far, which must differ. */
  readonly documentNames: Set<string>;
}

export function createWriteContext(request: IrRequest, upstreamModel: string): WriteContext {
  return {
    native: request.sourceProtocol === ORIGIN,
    rules: rulesOf(upstreamModel),
    losses: createLosses(),
    marksLeft: CACHE_MARKS_MAX,
    documentNames: new Set(),
  };
}

/** The mark behind a block, or nothing. */
export function writeMark(cache: CacheMark | null, path: string, context: WriteContext): JsonObject[] {
  if (cache === null) return [];
  const { lifetime } = cache;
  if (!context.native) {
    if (!context.rules.cacheMarks) {
      context.losses.drop(`${path}.cache_control`, "the model has no cache marks");
      return [];
    }
    if (context.marksLeft === 0) {
      context.losses.drop(`${path}.cache_control`, "the vendor takes at most 4 cache marks");
      return [];
    }
    context.marksLeft--;
    if (!context.rules.cacheLifetimes) {
      if (lifetime === "1h") {
        context.losses.approximate(`${path}.cache_control.ttl`, "the model caches for five minutes");
      }
      return [{ cachePoint: { type: "default" } }];
    }
  }
  return [{ cachePoint: { type: "default", ...(lifetime === null ? {} : { ttl: lifetime }) } }];
}
