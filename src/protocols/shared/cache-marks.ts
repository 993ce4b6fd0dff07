/** Cache marks of the client's, of which Claude's vendors take only so many in one request. */
import type { WriteContext } from "./write-context.ts";

/** platform.claude.com and docs.aws.amazon.com, prompt caching, read 2026-11-21. */
const CACHE_MARKS_MAX = 4;

/** Counts the marks that may still be written. */
export interface CacheMarkBudget {
  marksLeft: number;
}

export function createCacheMarkBudget(): CacheMarkBudget {
  return { marksLeft: CACHE_MARKS_MAX };
}

/** False, with the loss, where no mark is left. A native client's marks are not counted: the vendor judges them. */
export function takeCacheMark(path: string, context: WriteContext & CacheMarkBudget): boolean {
  if (context.native) return true;
  if (context.marksLeft === 0) {
    context.losses.drop(`${path}.cache_control`, `the vendor takes at most ${CACHE_MARKS_MAX} cache marks`);
    return false;
  }
  context.marksLeft--;
  return true;
}
