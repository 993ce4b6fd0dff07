/** A stream reader whose events are changed on their way out. What else it tells is what the reader inside tells. */
import type { ReadEvent } from "../../ir/event.ts";
import type { StreamReader } from "../protocol.ts";

/** `change`: the events of one frame. */
export function mappedReader(reader: StreamReader, change: (events: ReadEvent[]) => ReadEvent[]): StreamReader {
  return {
    push: (frame) => change(reader.push(frame)),
    end: () => change(reader.end()),
    get settled() {
      return reader.settled;
    },
    get answersFinished() {
      return reader.answersFinished;
    },
  };
}
