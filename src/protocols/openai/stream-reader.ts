/**
 * Chunks into events. The vendor's stream is flat; here it becomes blocks that open and close. Text, refusal and
 * reasoning follow one another. Tool calls stay open side by side until their choice ends, because vendors interleave
 * them. What a compatible vendor leaves out, repeats or reorders is put right; what has no place in the IR is a loss.
 */

import type { ReadEvent, StreamError } from "../../ir/event.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { Frame, StreamReader } from "../protocol.ts";
import { isDoneMark } from "../shared/done-mark.ts";
import { extrasOf, modelled, nonEmpty, readIndex, readSeconds } from "../shared/members.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { createStreamLosses } from "../shared/stream-losses.ts";
import { type ChoiceReader, createChoiceReader } from "./choice-reader.ts";
import { readInBandError, readUntoldError } from "./error-words.ts";
import { RESPONSE_SHAPE } from "./response-reader.ts";
import { readUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

/** Choices followed at a time, as many as the vendor ever gives. */
const CHOICES_MAX = 128;

export function createStreamReader(): StreamReader {
  const events = createEvents();
  const choices = new Map<number, ChoiceReader>();
  let isOver = false;

  const fail = (error: StreamError) => {
    isOver = true;
    events.emit({ type: "failed", error });
  };
  const close = () => {
    isOver = true;
    for (const choice of choices.values()) choice.close();
    events.emit({ type: "end" });
  };
  const isComplete = () => choices.size > 0 && [...choices.values()].every((choice) => choice.finished());

  return {
    push(frame) {
      if (isOver) return [];
      if (isDoneMark(frame)) {
        if (events.isStarted()) close();
        else fail("cut-short");
        return events.take();
      }
      const chunk = parseFrame(frame);
      if (chunk === null) fail("malformed");
      else if (isError(frame, chunk)) {
        readUsageOf(chunk, events);
        fail(readInBandError(chunk));
      } else {
        readChunk(chunk, choices, events);
        const untold = readUntoldError(chunk);
        if (untold !== null) fail(untold);
      }
      return events.take();
    },
    end() {
      if (isOver) return [];
      if (isComplete()) close();
      else fail("cut-short");
      return events.take();
    },
    get settled() {
      return isOver || isComplete();
    },
    get answersFinished() {
      let count = 0;
      for (const choice of choices.values()) if (choice.finished()) count++;
      return count;
    },
  };
}

type FoundEvents = ReturnType<typeof createEvents>;

/** What one push has found so far; numbers the blocks, and tells of each loss once. */
function createEvents() {
  let early: ReadEvent[] = []; // losses before the start, which comes first
  let isStarted = false;
  let blocks = 0;
  let found: ReadEvent[] = [];
  return {
    isStarted: () => isStarted,
    emit(event: ReadEvent) {
      found.push(event);
    },
    start(event: Extract<ReadEvent, { type: "start" }>) {
      isStarted = true;
      found.push(event, ...early);
      early = [];
    },
    lose: createStreamLosses((event) => void (isStarted ? found : early).push(event)),
    nextBlock: () => blocks++,
    take(): ReadEvent[] {
      const taken = found;
      found = [];
      return taken;
    },
  };
}

function readChunk(chunk: JsonObject, choices: Map<number, ChoiceReader>, events: FoundEvents): void {
  const list = asArray(chunk["choices"]);
  if (list === undefined && readUsage(chunk) === null) events.lose("chunk", "an unknown kind of chunk");
  // Azure opens with a chunk about the prompt that is not yet the answer.
  if (!events.isStarted() && (list ?? []).length > 0) events.start(startOf(chunk));
  for (const [position, value] of (list ?? []).entries()) {
    const index = readIndex(at(value, "index"), position);
    let choice = choices.get(index);
    if (choice === undefined && choices.size < CHOICES_MAX) {
      const seed = `${asText(chunk["id"]) ?? ""} ${index}`;
      choice = createChoiceReader({ choice: index, seed, ...events });
      choices.set(index, choice);
    }
    if (choice === undefined) events.lose("choices", `more than ${CHOICES_MAX} choices`);
    else choice.push(asObject(value) ?? {});
  }
  readUsageOf(chunk, events);
}

function readUsageOf(chunk: JsonObject, events: FoundEvents): void {
  const usage = readUsage(chunk);
  if (usage === null) return;
  if (!events.isStarted()) events.start(startOf(chunk));
  events.emit({ type: "usage", usage });
}

function startOf(chunk: JsonObject): Extract<ReadEvent, { type: "start" }> {
  return {
    type: "start",
    sourceProtocol: PROTOCOL,
    id: nonEmpty(chunk["id"]),
    model: nonEmpty(chunk["model"]),
    createdMs: readSeconds(chunk["created"]),
    serviceTier: nonEmpty(chunk["service_tier"]),
    extras: extrasOf(chunk, CHUNK_SHAPE),
    spelling: { system_fingerprint: nonEmpty(chunk["system_fingerprint"]) ?? undefined },
  };
}

/** Some vendors always send `error: null`. */
function isError(frame: Frame, chunk: JsonObject): boolean {
  const error = chunk["error"];
  return frame.event === "error" || asObject(error) !== undefined || (asText(error) ?? "") !== "";
}

/** Members the events hold, and padding that says nothing (`obfuscation` is OpenAI's, `p` Mistral's). */
const CHUNK_SHAPE = { ...RESPONSE_SHAPE, ...modelled("obfuscation", "p") };
