/** What a reader gives, as the exchange hands it to a writer: every error judged, with no word of an operator's. */
import { classify, streamFailure } from "../../src/exchange/answer/classify.ts";
import type { ErrorWords } from "../../src/ir/error-words.ts";
import type { IrEvent, ReadEvent } from "../../src/ir/event.ts";
import type { Failure } from "../../src/ir/failure.ts";

export function judgedWords(words: ErrorWords): Failure {
  return classify({
    words,
    errorMap: {},
    retryAfterMs: null,
    passthrough: false,
    asks: () => false,
    body: null,
    headers: {},
  });
}

export function judged(events: readonly ReadEvent[]): IrEvent[] {
  return events.map((event) =>
    event.type === "failed" ? { type: "failed", failure: streamFailure(event.error, judgedWords) } : event,
  );
}
