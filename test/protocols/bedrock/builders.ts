// What the Bedrock tests share: the payload under test, a context for answers, streams in and out as bytes.

import type { IrEvent } from "../../../src/ir/event.ts";
import { PROTOCOLS } from "../../../src/protocols/index.ts";
import type { AnswerContext, Frame, Payload, WriteRequestOptions } from "../../../src/protocols/protocol.ts";
import { concatBytes } from "../../../src/std/bytes.ts";
import { makersDialect } from "../../harness/dialects.ts";
import { judged } from "../../harness/judged.ts";

export const protocol = PROTOCOLS.bedrock;
export const payload: Payload = protocol.payload;
export const { framing } = protocol.carrier;

export const OPTIONS: WriteRequestOptions = {
  upstreamModel: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  defaultMaxOutputTokens: 1024,
  dialect: makersDialect("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
  maxOutputTokens: null,
};

export function answerContext(): AnswerContext {
  let ids = 0;
  return {
    request: null,
    upstreamModel: OPTIONS.upstreamModel,
    createdMs: 1_767_225_600_000,
    newId: (length) => String(ids++).padStart(length, "0"),
    elapsedMs: () => 42,
    inputTokensEstimate: 25,
  };
}

export function splitBytes(bytes: Uint8Array): Frame[] {
  const splitter = framing.createSplitter();
  return [...splitter.push(bytes), ...splitter.end()];
}

export function joinFrames(frames: readonly Frame[]): Uint8Array {
  const joiner = framing.createJoiner();
  return concatBytes([...frames.map((frame) => joiner.write(frame)), joiner.end()]);
}

export function readEvents(frames: readonly Frame[]): IrEvent[] {
  const reader = payload.createStreamReader();
  return judged([...frames.flatMap((frame) => reader.push(frame)), ...reader.end()]);
}

export function writeEvents(events: readonly IrEvent[]): Frame[] {
  const writer = payload.createStreamWriter(answerContext());
  return events.flatMap((event) => writer.push(event));
}
