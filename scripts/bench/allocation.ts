// Bytes that the runtime allocates for one request, by what its collector tells: the log of `BUN_JSC_logGC=1` names with
// each collection how much was allocated since the last. The figure is a property of the code, not of the machine: on
// one build it repeats to some percent, whatever runs beside.
import { type Contender, type Load, measureLoad, type Place } from "./contender.ts";
import type { Gateway } from "./gateway.ts";
import type { Child } from "./processes.ts";

/** What the collector said of a stretch of time. */
export interface Collected {
  readonly collections: number;
  readonly bytes: number;
}

const ALLOCATED = /bytes allocated this cycle: (\d+)/g;
/** Kept between two looks: the log of some 100,000 collections. */
const TEXT_CHARS_MAX = 50_000_000;

export function readCollections(log: string): Collected {
  const cycles = [...log.matchAll(ALLOCATED)].map(([, bytes]) => Number(bytes));
  return { collections: cycles.length, bytes: cycles.reduce((sum, bytes) => sum + bytes, 0) };
}

export interface CollectorLog {
  /** What came since the last call. */
  take(): Collected;
}

/** Follows the log of a gateway that was started with `tellsCollections`. */
export function followCollections(child: Child): CollectorLog {
  let text = "";
  const { stderr } = child;
  if (!(stderr instanceof ReadableStream)) throw new Error("the collector's log of this process is not kept");
  void (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of stderr) {
      if (text.length < TEXT_CHARS_MAX) text += decoder.decode(bytes, { stream: true });
    }
  })();
  return {
    take() {
      // A line that has not come whole is left for the next call.
      const end = text.lastIndexOf("\n") + 1;
      const collected = readCollections(text.slice(0, end));
      text = text.slice(end);
      return collected;
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
