/** Streams for the tests of this folder: events of any vendor by short names, and frames of this one. */
import type { IrEvent, StartedBlock } from "../../../src/ir/event.ts";
import { NO_EXTRAS, NO_SPELLING } from "../../../src/ir/request.ts";
import type { AnswerContext, Frame } from "../../../src/protocols/protocol.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import { decodeUtf8 } from "../../../src/std/bytes.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { judged } from "../../harness/judged.ts";
import { CONTEXT, FOREIGN, usage } from "./builders.ts";

export const START: IrEvent = {
  type: "start",
  sourceProtocol: FOREIGN,
  id: "theirs",
  model: "their-model",
  createdMs: 1_700_000_001_000,
  serviceTier: "standard",
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
};
export const END: IrEvent = { type: "end" };
export const open = (block: number, content: StartedBlock): IrEvent => ({
  type: "block-start",
  block,
  choice: 0,
  content,
});
export const openText = (block: number): IrEvent => open(block, { type: "text" });
export const openCall = (block: number, id: string, name: string, kind: "function" | "custom" = "function"): IrEvent =>
  open(block, { type: "tool-call", id, name, kind });
export const say = (block: number, text: string): IrEvent => ({ type: "text-delta", block, text, logprobs: null });
export const args = (block: number, text: string): IrEvent => ({ type: "arguments-delta", block, text });
export const close = (block: number): IrEvent => ({ type: "block-end", block });
export const finished = (
  reason: Extract<IrEvent, { type: "finish" }>["finish"]["reason"],
  raw: string | null = null,
): IrEvent => ({ type: "finish", choice: 0, finish: { reason, raw, stopSequence: null } });
export const counted: IrEvent = {
  type: "usage",
  usage: usage({ freshInputTokens: 10, cacheReadTokens: 5, outputTokens: 3, reasoningTokens: 1 }),
};

/** What the writer makes of events, and what it lost. */
export function write(events: readonly IrEvent[], context: AnswerContext = CONTEXT) {
  const writer = responses.payload.createStreamWriter(context);
  const frames = events.flatMap((event) => writer.push(event));
  return { frames, lost: writer.losses.map(({ how, field }) => `${how} ${field}`) };
}

export function bytesOf(frames: readonly Frame[]): string {
  const joiner = responses.carrier.framing.createJoiner();
  return frames.map((frame) => decodeUtf8(joiner.write(frame))).join("");
}

/** A frame of the vendor's own; the event line is left out, as compatible servers do. */
export const frame = (type: string, members: JsonObject = {}): Frame => ({
  event: null,
  data: JSON.stringify({ type, ...members }),
});

export function read(frames: readonly Frame[]): IrEvent[] {
  const reader = responses.payload.createStreamReader();
  return judged([...frames.flatMap((each) => reader.push(each)), ...reader.end()]);
}

/** A context whose ids count up, so that they can be told apart. */
export function counting(context: AnswerContext = CONTEXT): AnswerContext {
  let ids = 0;
  return { ...context, newId: () => String(++ids) };
}
