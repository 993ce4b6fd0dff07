/** What the tests of this protocol share: its payload, frames of a stream, and answers with every default filled in. */

import type { IrEvent } from "../../../src/ir/event.ts";
import type { IrResponse } from "../../../src/ir/response.ts";
import { gemini } from "../../../src/protocols/gemini/index.ts";
import type { AnswerContext, Frame } from "../../../src/protocols/protocol.ts";
import { asObject, type JsonObject, parseExact } from "../../../src/std/json.ts";
import { MAKER, makersDialect } from "../../harness/dialects.ts";
import { judged } from "../../harness/judged.ts";

export const { payload, carrier, operations } = gemini;

export const OPTIONS = {
  upstreamModel: "upstream-model",
  defaultMaxOutputTokens: 256,
  dialect: MAKER,
  maxOutputTokens: null,
};

export function optionsFor(upstreamModel: string): typeof OPTIONS {
  return { ...OPTIONS, upstreamModel, dialect: makersDialect("gemini", upstreamModel) };
}

export function answerContext(over: Partial<AnswerContext> = {}): AnswerContext {
  let ids = 0;
  return {
    request: null,
    upstreamModel: "upstream-model",
    createdMs: 1_767_225_600_000,
    newId: (length) => String(ids++).padStart(length, "0"),
    elapsedMs: () => 42,
    inputTokensEstimate: 25,
    ...over,
  };
}

export function object(text: string): JsonObject {
  const found = asObject(parseExact(text));
  if (found === undefined) throw new Error("no object");
  return found;
}

/** One frame with these parts, and what else the candidate says. */
export function frame(parts: readonly JsonObject[], candidate: JsonObject = {}, rest: JsonObject = {}): Frame {
  const said = { candidates: [{ content: { role: "model", parts }, index: 0, ...candidate }], ...rest };
  return { event: null, data: JSON.stringify({ ...said, modelVersion: "gemini-test", responseId: "resp1" }) };
}

export function readEvents(frames: readonly Frame[]): IrEvent[] {
  const reader = payload.createStreamReader();
  return judged([...frames.flatMap((each) => reader.push(each)), ...reader.end()]);
}

export function writeEvents(events: readonly IrEvent[]): JsonObject[] {
  const writer = payload.createStreamWriter(answerContext());
  return events.flatMap((event) => writer.push(event)).map(({ data }) => object(data));
}

/** A request of one user turn, and what else it says. */
export function body(over: JsonObject = {}): JsonObject {
  return { contents: [{ role: "user", parts: [{ text: "Hi." }] }], ...over };
}

export function readAnswer(
  parts: readonly JsonObject[],
  candidate: JsonObject = {},
  rest: JsonObject = {},
): IrResponse {
  const answer = { candidates: [{ content: { role: "model", parts }, finishReason: "STOP", index: 0, ...candidate }] };
  return payload.readResponse({ ...answer, modelVersion: "gemini-test", responseId: "resp1", ...rest }).value;
}
