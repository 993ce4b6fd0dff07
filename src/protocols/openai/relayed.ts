/**
 * What is relayed and never translated: text completion, moderation, images, audio. Read here is only what routing and
 * metering must know (openai 6.49.0, resources images, moderations, audio and completions, read 2026-11).
 */
import { type Modality, type Needs, NO_NEEDS } from "../../ir/capability.ts";
import { answersAsked } from "../../ir/facts.ts";
import { mergeUsage, tokenCount, UNKNOWN_USAGE, type Usage } from "../../ir/usage.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { Operations, RelayedOperation, Tap } from "../protocol.ts";
import { nonEmpty } from "../shared/members.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { NOTHING_TO_NOTE, noAnswer } from "../shared/tap-notes.ts";
import { readInBandError } from "./error-words.ts";
import { readFacts } from "./facts.ts";
import { createTap } from "./tap.ts";

export const relayed: NonNullable<Operations["relayed"]> = {
  // Its bodies are older forms of chat's: the same stream, usage and ending.
  complete: { readFacts, createTap },
  moderate: operation(() => NO_NEEDS, isModeration),
  image: operation(() => needing([], ["image"]), isImage),
  audio: operation(
    (path) => (path.endsWith("/speech") ? needing([], ["audio"]) : needing(["audio"], [])),
    isTranscript,
  ),
};

function operation(needs: (path: string) => Needs, isAnswer: (body: JsonObject) => boolean): RelayedOperation {
  return {
    readFacts: (body, path) => ({
      maxOutputTokens: null,
      needs: needs(path),
      usageAsked: true,
      answers: answersAsked(body["n"]),
    }),
    createTap: () => createRelayedTap(isAnswer),
  };
}

function needing(input: readonly Modality[], output: readonly Modality[]): Needs {
  return { ...NO_NEEDS, input, output };
}

function isModeration(body: JsonObject): boolean {
  return asArray(body["results"]) !== undefined;
}

function isImage(body: JsonObject): boolean {
  return (asArray(body["data"])?.length ?? 0) > 0;
}

/** Silence has an empty transcript. */
function isTranscript(body: JsonObject): boolean {
  return asText(body["text"]) !== undefined || Array.isArray(body["segments"]);
}

// ---------------------------------------------------------------- tap

function createRelayedTap(isAnswer: (body: JsonObject) => boolean): Tap {
  let isCommitted = false;
  let usage: Usage | null = null;
  let finishedCount = 0;
  return {
    frame({ event, data }) {
      if (data === "[DONE]") return { ...NOTHING_TO_NOTE, settled: true, terminal: true };
      // Pictures and sound are long, and only the last event of a stream tells its usage.
      if (isCommitted && data.length > LOOK_CHARS_MAX && !data.includes('"usage"')) return NOTHING_TO_NOTE;
      const body = parseFrame({ data });
      if (body === null) return NOTHING_TO_NOTE;
      const failed = event === "error" || body["type"] === "error" || hasError(body);
      const reported = readRelayedUsage(body["usage"]);
      usage = mergeUsage(usage, reported);
      const finished = ENDINGS.test(asText(body["type"]) ?? event ?? "");
      if (finished) finishedCount += 1;
      const first = !isCommitted && !failed;
      isCommitted ||= !failed;
      return {
        ...NOTHING_TO_NOTE,
        meaningful: first,
        usage: reported === null ? null : usage,
        failure: failed ? readInBandError(body) : null,
        settled: finished,
        terminal: finished,
        ...(finished ? { answers: { finished: finishedCount, open: 0 } } : {}),
      };
    },
    body(body) {
      const failure = hasError(body) ? readInBandError(body) : isAnswer(body) ? null : NO_ANSWER;
      const ok = failure === null;
      return {
        ...NOTHING_TO_NOTE,
        meaningful: ok,
        usage: readRelayedUsage(body["usage"]),
        failure,
        settled: ok,
        terminal: true,
        model: nonEmpty(body["model"]),
      };
    },
  };
}

/** Frames beyond this are only searched. */
const LOOK_CHARS_MAX = 4_096;

/** `image_generation.completed`, `image_edit.completed`, `speech.audio.done`, `transcript.text.done`. */
const ENDINGS = /^(?:image_\w+\.completed|speech\.audio\.done|transcript\.text\.done)$/;

function hasError(body: JsonObject): boolean {
  const error = body["error"];
  return asObject(error) !== undefined || (asText(error) ?? "") !== "";
}

/** Null where the vendor counts seconds or nothing at all. The details are spelled both ways. */
function readRelayedUsage(value: unknown): Usage | null {
  const wire = asObject(value);
  if (wire === undefined) return null;
  const input = count(wire["input_tokens"]);
  const output = count(wire["output_tokens"]);
  if (input === null && output === null) return null;
  const details = wire["input_tokens_details"] ?? wire["input_token_details"];
  return {
    ...UNKNOWN_USAGE,
    freshInputTokens: input,
    outputTokens: output,
    audioInputTokens: count(at(details, "audio_tokens")),
  };
}

function count(value: unknown): number | null {
  return tokenCount(asNumber(value));
}

const NO_ANSWER = noAnswer("The answer holds no result.");
