/** Streams for the tests of a protocol: events of any vendor by short names, and what its own reader and writer make of them. */
import type { IrEvent } from "../../src/ir/event.ts";
import { NO_EXTRAS, NO_SPELLING } from "../../src/ir/request.ts";
import type { AnswerContext, Frame, Protocol } from "../../src/protocols/protocol.ts";
import { decodeUtf8 } from "../../src/std/bytes.ts";
import type { JsonObject } from "../../src/std/json.ts";
import { open } from "./builders.ts";
import { judged } from "./judged.ts";
import { FOREIGN, usage } from "./protocol-builders.ts";

export { args, close, END, open, openText, say } from "./builders.ts";

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
export const openCall = (block: number, id: string, name: string, kind: "function" | "custom" = "function"): IrEvent =>
  open(block, { type: "tool-call", id, name, kind });
export const finished = (
  reason: Extract<IrEvent, { type: "finish" }>["finish"]["reason"],
  raw: string | null = null,
): IrEvent => ({ type: "finish", choice: 0, finish: { reason, raw, stopSequence: null } });
export const counted: IrEvent = {
  type: "usage",
  usage: usage({ freshInputTokens: 10, cacheReadTokens: 5, outputTokens: 3, reasoningTokens: 1 }),
};

/** A frame of a vendor that names the type in its data; the event line is left out, as compatible servers do. */
export const frame = (type: string, members: JsonObject = {}): Frame => ({
  event: null,
  data: JSON.stringify({ type, ...members }),
});

/** The protocol's own reader and writer of streams; `context` is for the tests that give none. */
export function streamsOf({ payload, carrier }: Protocol, context: AnswerContext) {
  return {
    /** What the writer makes of events, and what it lost. */
    write(events: readonly IrEvent[], given: AnswerContext = context) {
      const writer = payload.createStreamWriter(given);
      const frames = events.flatMap((event) => writer.push(event));
      return { frames, lost: writer.losses.map(({ how, field }) => `${how} ${field}`) };
    },
    bytesOf(frames: readonly Frame[]): string {
      const joiner = carrier.framing.createJoiner();
      return frames.map((frame) => decodeUtf8(joiner.write(frame))).join("");
    },
    read(frames: readonly Frame[]): IrEvent[] {
      const reader = payload.createStreamReader();
      return judged([...frames.flatMap((each) => reader.push(each)), ...reader.end()]);
    },
  };
}
