/** A stream that came although a whole answer was asked for: read to its end, and then an answer like any other. */
import { isMeaningful } from "../../ir/event.ts";
import { failed, ok, type Result } from "../../ir/failure.ts";
import { createAccumulator } from "../../ir/fold.ts";
import type { WithLosses } from "../../ir/loss.ts";
import type { IrResponse } from "../../ir/response.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { WireError } from "../../std/wire-error.ts";
import { type Classify, MALFORMED, streamFailure } from "./classify.ts";

/** null: the bytes are no stream of this protocol. */
export function foldStream(
  { carrier, payload }: Protocol,
  bytes: Uint8Array,
  classify: Classify,
): Result<WithLosses<IrResponse>> | null {
  if (carrier.framing.begins(bytes) !== true) return null;
  const answer = createAccumulator();
  let hasAnswer = false;
  try {
    const splitter = carrier.framing.createSplitter();
    const reader = payload.createStreamReader();
    const frames = [...splitter.push(bytes), ...splitter.end()];
    for (const event of [...frames.flatMap((frame) => reader.push(frame)), ...reader.end()]) {
      if (event.type === "failed") return failed(streamFailure(event.error, classify));
      hasAnswer ||= isMeaningful(event);
      answer.push(event);
    }
  } catch (error) {
    if (error instanceof WireError) return failed(MALFORMED);
    throw error;
  }
  return hasAnswer ? ok({ value: answer.response(), losses: answer.losses() }) : failed(MALFORMED);
}
