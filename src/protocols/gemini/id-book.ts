/** Ties results to calls: by id where the wire gives one, by name and order where it does not. */

import { inventId } from "./names.ts";
import type { IdBook } from "./part-reader.ts";

/** `place` is unique to the conversation or answer, and the same whenever it is read again. */
export function createIdBook(place: string): IdBook {
  /** Calls without a result so far, by name, oldest first. */
  const waiting = new Map<string, string[]>();
  let calls = 0;
  const made = (id: string, name: string): void => {
    calls++;
    const queue = waiting.get(name);
    if (queue === undefined) waiting.set(name, [id]);
    else queue.push(id);
  };
  return {
    made,
    callId(name) {
      const id = inventId(place, calls, name);
      made(id, name);
      return id;
    },
    resultId(id, name) {
      if (id === null) return waiting.get(name)?.shift() ?? inventId(`${place} result`, calls++, name);
      const queue = waiting.get(name);
      const index = queue?.indexOf(id) ?? -1;
      if (index >= 0) queue?.splice(index, 1);
      return id;
    },
  };
}
