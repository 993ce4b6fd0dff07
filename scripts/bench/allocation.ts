// Bytes that the runtime allocates for one request, by what its collector tells: the log of `BUN_JSC_logGC=1` names with
// each collection how large the heap was before it and after it; what it grew by from one to the next was allocated. Many
// collections begin because a moment is idle and name no sum of their own, so that only the sizes count them all.
import { type Contender, type Load, measureLoad, type Place } from "./contender.ts";
import type { Gateway } from "./gateway.ts";
import type { Child } from "./processes.ts";

/** What the collector said of a stretch of time. */
export interface Collected {
  readonly collections: number;
  readonly bytes: number;
}

/** The heap, its size as a collection of it begins, or its size at the end of the collection told last. */
const TOLD = /\[GC<(0x[0-9a-f]+)>: (?:START M (\d+)kb)?|=> (\d+)kb, p=/g;
/** Kept of lines that have not come whole. */
const TEXT_CHARS_MAX = 1_000_000;

export interface CollectionReader {
  /** Whole lines, which may be of several processes. */
  push(log: string): Collected;
}

export function createCollectionReader(): CollectionReader {
  const afterKilobytes = new Map<string, number>();
  let heap = "";
  return {
    push(log) {
      let collections = 0;
      let bytes = 0;
      for (const [, named, before, after] of log.matchAll(TOLD)) {
        if (named !== undefined) heap = named;
        if (after !== undefined) afterKilobytes.set(heap, Number(after));
        if (before === undefined) continue;
        collections += 1;
        const last = afterKilobytes.get(heap);
        // A heap is told for the first time: what it held before was not allocated in this stretch.
        if (last !== undefined) bytes += Math.max(0, Number(before) - last) * 1_024;
      }
      return { collections, bytes };
    },
  };
}

export interface CollectorLog {
  /** What came since the last call. */
  take(): Collected;
}

/** Follows the log of a gateway that was started with `tellsCollections`. */
export function followCollections(child: Child): CollectorLog {
  let text = "";
  let sum: Collected = { collections: 0, bytes: 0 };
  const collectionsOf = createCollectionReader();
  const { stderr } = child;
  if (!(stderr instanceof ReadableStream)) throw new Error("the collector's log of this process is not kept");
  void (async () => {
    const decoder = new TextDecoder();
    for await (const piece of stderr) {
      text += decoder.decode(piece, { stream: true });
      // A line that has not come whole waits for its rest.
      const end = text.length > TEXT_CHARS_MAX ? text.length : text.lastIndexOf("\n") + 1;
      const { collections, bytes } = collectionsOf.push(text.slice(0, end));
      text = text.slice(end);
      sum = { collections: sum.collections + collections, bytes: sum.bytes + bytes };
    }
  })();
  return {
    take() {
      const taken = sum;
      sum = { collections: 0, bytes: 0 };
      return taken;
    },
  };
}

/** Kilobytes (1,000 bytes) for one request; the collection under way at either end is one in dozens. */
export async function allocatedPerRequest(
  place: Place,
  { gateway, log, load }: { readonly gateway: Gateway & Contender; readonly log: CollectorLog; readonly load: Load },
): Promise<number> {
  log.take();
  await measureLoad(place, gateway, load);
  await Bun.sleep(LOG_MS);
  return log.take().bytes / load.requests / 1_000;
}

/** The last lines are in the pipe by then. */
const LOG_MS = 50;
