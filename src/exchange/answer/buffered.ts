/** A success in one piece: relayed as it came, translated, or written as the stream the client asked for. */

import type { ErrorWords } from "../../ir/error-words.ts";
import type { Failure } from "../../ir/failure.ts";
import { eventsOf } from "../../ir/fold.ts";
import type { WithLosses } from "../../ir/loss.ts";
import type { IrResponse } from "../../ir/response.ts";
import { isTold, type Usage } from "../../ir/usage.ts";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../std/bytes.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { AnswerSource, Prepared, UpstreamResponse } from "../lane/attempt-context.ts";
import { JSON_TYPE } from "../lane/dispatch.ts";
import { issuedResponse } from "../reasoning-signatures.ts";
import { HELD_WHOLE_BYTES_MAX, TOO_LARGE_TO_JUDGE } from "./before-commit.ts";
import { MALFORMED } from "./classify.ts";
import { type Collected, collect, exactJsonOrNull, jsonOrNull } from "./collect.ts";
import { tapBody } from "./failure-words.ts";
import { withFirstChoice } from "./first-choice.ts";
import { addLosses, newFlowNote } from "./flow.ts";
import { relayHeaders } from "./headers.ts";
import { openLargeBody } from "./large-body.ts";
import { type AnsweredOutcome, type Outcome, unanswered } from "./outcome.ts";
import { reasoningRecorder, recordBody } from "./reasoning-recorder.ts";
import { classifyInBand } from "./refused.ts";
import { saidInResponse, tokensOfBytes } from "./said.ts";
import { createEventWriter } from "./translate-flow.ts";
import { readBody } from "./untranslated.ts";
import { foldStream } from "./whole-stream.ts";

/** A relayed buffered answer beyond this is committed before its end. */
const BUFFER_BYTES_MAX = 8 * 1024 * 1024;
/** Pictures come in JSON as well, several at a time, and only the end of it tells their usage. */
const PICTURES_BYTES_MAX = 32 * 1024 * 1024;
/** A buffered answer that must be translated may not be larger. */
const TRANSLATE_BYTES_MAX = 32 * 1024 * 1024;

/** No promise where the answer came with its head. */
export function readBuffered(
  attempt: AnswerSource,
  prepared: Prepared,
  sent: UpstreamResponse,
): Outcome | Promise<Outcome> {
  sent.body.begun();
  const { facts } = attempt.call.request;
  // A vendor may answer in one piece what was asked for as a stream; of what is only relayed, that is the answer.
  const passing = attempt.relayed && (!facts.stream || facts.operation !== "chat");
  const read = collect(sent.body, bytesMax(attempt, passing));
  return read instanceof Promise
    ? read.then((each) => judgeCollected(attempt, prepared, sent, { read: each, passing }))
    : judgeCollected(attempt, prepared, sent, { read, passing });
}

function judgeCollected(
  attempt: AnswerSource,
  prepared: Prepared,
  sent: UpstreamResponse,
  { read, passing }: { readonly read: Collected; readonly passing: boolean },
): Outcome {
  if (read.kind === "aborted") return { kind: "abandoned" };
  if (read.kind === "failed") return unanswered(read.failure, sent.status, true);
  if (read.kind === "cut") {
    if (!passing || attempt.holdsWhole) {
      sent.body.cancel();
      return unanswered(attempt.holdsWhole ? TOO_LARGE_TO_JUDGE : MALFORMED, sent.status, true);
    }
    const flow = openLargeBody(attempt, sent, read.bytes);
    if (!flow.ok) {
      sent.body.cancel();
      return unanswered(flow.failure, sent.status, true);
    }
    return {
      kind: "streaming",
      status: sent.status,
      headers: relayHeaders(attempt, sent.headers),
      body: sent.body,
      flow: flow.value,
      held: [read.bytes],
      closed: false,
      relayed: true,
      losses: [],
    };
  }
  // Relayed bytes leave as they came, so only a body that is written anew needs its digits.
  const body = asObject(passing ? jsonOrNull(read.bytes) : exactJsonOrNull(read.bytes));
  const { operation } = attempt.call.request.facts;
  if (body === undefined) {
    const classify = (words: ErrorWords): Failure => classifyInBand(attempt, sent, words);
    const folded = operation === "chat" ? foldStream(attempt.egress, read.bytes, classify) : null;
    if (folded?.ok !== true) return unanswered(folded?.failure ?? MALFORMED, sent.status, true);
    const { usage, model } = folded.value.value;
    return translateAnswer(attempt, prepared, () => folded.value, { status: sent.status, usage, model });
  }
  if (operation !== "chat") {
    const seen = readBody(attempt, sent, operation, body);
    if (!seen.ok) return unanswered(seen.failure, sent.status, true);
    const headers = relayHeaders(attempt, sent.headers);
    const { usage, model } = seen.value;
    return {
      kind: "answered",
      status: sent.status,
      headers,
      body: read.bytes,
      usage,
      reportedModel: model,
      losses: [],
    };
  }
  return judgeBody(attempt, prepared, sent, { bytes: read.bytes, body });
}

function bytesMax(attempt: AnswerSource, passing: boolean): number {
  if (attempt.holdsWhole) return HELD_WHOLE_BYTES_MAX;
  if (!passing) return TRANSLATE_BYTES_MAX;
  return attempt.call.request.facts.operation === "image" ? PICTURES_BYTES_MAX : BUFFER_BYTES_MAX;
}

function judgeBody(
  attempt: AnswerSource,
  prepared: Prepared,
  sent: UpstreamResponse,
  answer: { bytes: Uint8Array; body: JsonObject },
): Outcome {
  const seen = tapBody(attempt, answer.body);
  if (seen.failure !== null) {
    const failed = unanswered(classifyInBand(attempt, sent, seen.failure), sent.status, true, seen.model);
    // What a broken answer tells of its usage is charged.
    return seen.usage === null ? failed : { ...failed, billed: { usage: seen.usage, isWhole: false } };
  }
  if (!seen.meaningful) return unanswered(MALFORMED, sent.status, true, seen.model);
  if (attempt.relayed && !attempt.call.request.facts.stream) {
    rememberWhole(attempt, answer);
    return {
      kind: "answered",
      status: sent.status,
      headers: asJson(sent, relayHeaders(attempt, sent.headers)),
      body: answer.bytes,
      usage: seen.usage,
      ...saidIn(attempt, answer.body, seen.usage),
      reportedModel: seen.model,
      losses: prepared.losses,
    };
  }
  return translateAnswer(attempt, prepared, () => attempt.egress.payload.readResponse(answer.body), {
    status: sent.status,
    usage: seen.usage,
    model: seen.model,
  });
}

/** What must be known of it when a later request comes. */
function rememberWhole(attempt: AnswerSource, { bytes, body }: { bytes: Uint8Array; body: JsonObject }): void {
  const { world, egress, lane } = attempt;
  recordBody(attempt, body);
  const memory = world.signatures.memoryOf(egress.payload);
  const stored = world.storedAnswers.watcherOf(egress.payload, lane);
  if (memory === null && stored === null) return;
  const text = decodeUtf8(bytes);
  memory?.remember(text, lane);
  stored?.(text);
}

/** Clients parse what is called JSON, and only that. */
function asJson({ headers }: UpstreamResponse, relayed: Record<string, string>): Record<string, string> {
  if (!(headers["content-type"] ?? "json").toLowerCase().includes("json")) relayed["content-type"] = JSON_TYPE;
  return relayed;
}

/** What a relayed answer said is counted only where its vendor told no usage. */
function saidIn({ egress }: AnswerSource, body: JsonObject, usage: Usage | null): Pick<AnsweredOutcome, "saidTokens"> {
  if (isTold(usage)) return {};
  try {
    return { saidTokens: tokensOfBytes(saidInResponse(egress.payload.readResponse(body).value)) };
  } catch (error) {
    if (error instanceof WireError) return {};
    throw error;
  }
}

function translateAnswer(
  attempt: AnswerSource,
  prepared: Prepared,
  read: () => WithLosses<IrResponse>,
  seen: { status: number; usage: Usage | null; model: string | null },
): Outcome {
  const { ingress, framing, request, id } = attempt.call;
  try {
    const answered = read();
    reasoningRecorder(attempt)?.response(answered.value);
    const isOne = (request.facts.answers ?? 1) === 1;
    const first = isOne ? withFirstChoice(answered.value) : answered.value;
    const given = { ...answered, value: issuedResponse(first, attempt.egress.payload, attempt.lane) };
    const headers = ingress.carrier.answerHeaders(id);
    const saidTokens = tokensOfBytes(saidInResponse(given.value));
    if (request.facts.stream) {
      // A streaming client gets a stream although the lane answered in one piece.
      const note = newFlowNote();
      addLosses(note, [...prepared.losses, ...given.losses]);
      const writer = createEventWriter(ingress.payload, framing, prepared.context, note);
      const bytes = concatBytes(eventsOf(given.value).flatMap((event) => writer.push(event)));
      return {
        kind: "answered",
        status: seen.status,
        headers: { ...headers, "content-type": framing.contentType },
        body: bytes,
        usage: seen.usage,
        saidTokens,
        reportedModel: seen.model,
        losses: note.losses,
      };
    }
    const written = ingress.payload.writeResponse(given.value, {
      ...prepared.context,
      outputTokensEstimate: () => saidTokens,
    });
    return {
      kind: "answered",
      status: seen.status,
      headers: { ...headers, "content-type": "application/json" },
      body: encodeUtf8(JSON.stringify(written.value)),
      usage: seen.usage,
      saidTokens,
      reportedModel: seen.model,
      losses: [...prepared.losses, ...given.losses, ...written.losses],
    };
  } catch (error) {
    if (error instanceof WireError) return unanswered(MALFORMED, seen.status, true, seen.model);
    throw error;
  }
}
