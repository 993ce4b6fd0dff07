/**
 * Makes a tap and a reader that know a vendor's own finish words for a failure, beside those of its protocol. The words are
 * facts of the lane's dialect; without any the tap and the reader are the payload's own.
 */
import type { ErrorWords } from "../../ir/error-words.ts";
import type { ReadEvent } from "../../ir/event.ts";
import type { Payload, StreamReader, Tap, TapNote } from "../../protocols/protocol.ts";
import { mappedReader } from "../../protocols/shared/mapped-reader.ts";
import type { JsonObject } from "../../std/json.ts";
import type { AnswerSource } from "../lane/attempt-context.ts";

type Judged = Pick<AnswerSource, "egress" | "lane">;

export function tapOf({ egress, lane }: Judged): Tap {
  const tap = egress.payload.createTap();
  const words = wordsOf(lane.dialect.failureWords);
  if (words === null) return tap;
  return { frame: (frame) => judged(tap.frame(frame), words), body: (body) => judged(tap.body(body), words) };
}

/** Payloads are a table that never changes. */
const BODY_TAPS = new WeakMap<Payload, Tap>();

/** A whole answer, without a tap of its own. */
export function tapBody({ egress: { payload }, lane }: Judged, body: JsonObject): TapNote {
  const known = BODY_TAPS.get(payload);
  const tap = known ?? payload.createTap();
  if (known === undefined) BODY_TAPS.set(payload, tap);
  const words = wordsOf(lane.dialect.failureWords);
  return words === null ? tap.body(body) : judged(tap.body(body), words);
}

function judged(seen: TapNote, words: ReadonlySet<string>): TapNote {
  if (seen.failure !== null || seen.finish === null || !words.has(seen.finish.toLowerCase())) return seen;
  return { ...seen, failure: brokeWith(seen.finish), isFailureUntold: true };
}

export function readerOf({ egress, lane }: Judged): StreamReader {
  const reader = egress.payload.createStreamReader();
  const words = wordsOf(lane.dialect.failureWords);
  if (words === null) return reader;
  const judge = (events: ReadEvent[]): ReadEvent[] => {
    const at = events.findIndex(
      (event) => event.type === "finish" && words.has((event.finish.raw ?? "").toLowerCase()),
    );
    const found = events[at];
    if (found?.type !== "finish") return events;
    return [...events.slice(0, at), { type: "failed", error: brokeWith(found.finish.raw ?? "") }];
  };
  return mappedReader(reader, judge);
}

function wordsOf(failureWords: readonly string[]): ReadonlySet<string> | null {
  return failureWords.length === 0 ? null : new Set(failureWords.map((word) => word.toLowerCase()));
}

function brokeWith(word: string): ErrorWords {
  return { status: BROKEN_STATUS, code: null, type: word, message: null, meaning: null, retryAfterMs: null };
}

const BROKEN_STATUS = 500;
