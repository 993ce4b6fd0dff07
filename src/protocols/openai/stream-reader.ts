/**
 * Chunks into events. The vendor's stream is flat; here it becomes blocks that open and close: text, refusal and
 * reasoning follow one another, tool calls stay open side by side until their choice ends, because vendors interleave
 * them. What a compatible vendor leaves out, repeats or reorders is put right; what nobody understands is a loss.
 */

import type { IrEvent } from "../../ir/event.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import { dropped } from "../../ir/loss.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Frame, StreamReader } from "../protocol.ts";
import { type ChoiceReader, createChoiceReader, type Emit } from "./choice-reader.ts";
import { failureOf, readInBandError } from "./errors.ts";
import { hide, OPENAI, rest } from "./extras.ts";
import { createdMs, nonEmpty } from "./response-reader.ts";
import { readUsage } from "./usage.ts";

/** Choices followed at a time, as many as the vendor ever gives. */
const CHOICES_MAX = 128;

export function createStreamReader(): StreamReader {
  const choices = new Map<number, ChoiceReader>();
  const lost = new Set<string>(); // fields already told
  let isStarted = false;
  let isOver = false;
  let blocks = 0;
  let events: IrEvent[] = [];

  const emit: Emit = (event) => events.push(event);
  const lose = (field: string, detail: string) => {
    if (lost.has(field) || lost.size >= LOSSES_MAX) return;
    lost.add(field);
    emit({ type: "loss", loss: dropped(field, detail) });
  };
  const fail = (failed: Failure) => {
    isOver = true;
    emit({ type: "failed", failure: failed });
  };
  const start = (chunk: JsonObject) => {
    isStarted = true;
    emit({
      type: "start",
      origin: OPENAI,
      id: nonEmpty(chunk["id"]),
      model: nonEmpty(chunk["model"]),
      createdMs: createdMs(chunk["created"]),
      serviceTier: nonEmpty(chunk["service_tier"]),
      extras: hide(rest(chunk, CHUNK), { system_fingerprint: nonEmpty(chunk["system_fingerprint"]) ?? undefined }),
    });
  };
  const choiceOf = (index: number, streamId: string): ChoiceReader | null => {
    const known = choices.get(index);
    if (known !== undefined) return known;
    if (choices.size >= CHOICES_MAX) return null;
    const made = createChoiceReader({
      choice: index,
      seed: `${streamId} ${index}`,
      emit,
      lose,
      nextBlock: () => blocks++,
    });
    choices.set(index, made);
    return made;
  };
  const readChunk = (chunk: JsonObject) => {
    const list = asArray(chunk["choices"]);
    const usage = readUsage(chunk["usage"]);
    if (list === undefined && usage === null) return lose("chunk", "an unknown kind of chunk");
    // Azure opens with a chunk about the prompt that is not yet the answer.
    if (!isStarted && ((list ?? []).length > 0 || usage !== null)) start(chunk);
    for (const [position, choice] of (list ?? []).entries()) {
      const reader = choiceOf(asNumber(at(choice, "index")) ?? position, asText(chunk["id"]) ?? "");
      if (reader === null) lose("choices", `more than ${CHOICES_MAX} choices`);
      else reader.push(asObject(choice) ?? {});
    }
    if (usage !== null) emit({ type: "usage", usage });
  };
  const isComplete = () => choices.size > 0 && [...choices.values()].every((choice) => choice.finished());
  const close = () => {
    isOver = true;
    for (const choice of choices.values()) choice.close();
    emit({ type: "end" });
  };
  const drain = (): IrEvent[] => {
    const out = events;
    events = [];
    return out;
  };

  return {
    push(frame) {
      if (isOver) return [];
      if (frame.data === "[DONE]") {
        if (isStarted) close();
        else fail(failure("malformed", "The provider's stream ended without an answer."));
        return drain();
      }
      const chunk = parseChunk(frame);
      if (chunk === null) fail(failure("malformed", "The provider sent a chunk that is not a JSON object."));
      else if (isError(frame, chunk)) fail(failureOf(readInBandError(chunk)));
      else readChunk(chunk);
      return drain();
    },
    end() {
      if (isOver) return [];
      if (isComplete()) close();
      else fail(failure("malformed", "The provider's stream stopped before the answer was finished."));
      return drain();
    },
    get settled() {
      return isOver || isComplete();
    },
  };
}

/** Some vendors always send `error: null`. */
function isError(frame: Frame, chunk: JsonObject): boolean {
  const error = chunk["error"];
  return frame.event === "error" || asObject(error) !== undefined || (asText(error) ?? "") !== "";
}

/** Null: not a JSON object. */
function parseChunk({ data }: Frame): JsonObject | null {
  try {
    return asObject(parseJson(data)) ?? null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** Kinds of loss told of one stream. */
const LOSSES_MAX = 32;

/** Members the events hold, and padding that says nothing (`obfuscation` is OpenAI's, `p` Mistral's). */
const CHUNK = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  "service_tier",
  "system_fingerprint",
  "obfuscation",
  "p",
]);
