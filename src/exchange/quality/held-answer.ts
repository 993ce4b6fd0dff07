/** A held answer, read: the bytes are as its client would get them, so the client's own protocol reads them. */
import { createAccumulator } from "../../ir/fold.ts";
import type { IrResponse } from "../../ir/response.ts";
import { concatBytes } from "../../std/bytes.ts";
import { asObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { jsonOrNull } from "../answer/collect.ts";
import type { ClientCall } from "../request/call.ts";
import type { HeldAnswer } from "../verdict-contract.ts";

/** null: nothing can be read there. */
export function readHeld(call: ClientCall, { bytes }: Pick<HeldAnswer, "bytes">): IrResponse | null {
  try {
    return call.request.facts.stream ? readStreamed(call, bytes) : readWhole(call, concatBytes(bytes));
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

function readWhole({ ingress }: ClientCall, bytes: Uint8Array): IrResponse | null {
  const body = asObject(jsonOrNull(bytes));
  return body === undefined ? null : ingress.payload.readResponse(body).value;
}

function readStreamed({ ingress, framing }: ClientCall, pieces: readonly Uint8Array[]): IrResponse | null {
  const answer = createAccumulator();
  const splitter = framing.createSplitter();
  const reader = ingress.payload.createStreamReader();
  const frames = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
  for (const event of [...frames.flatMap((frame) => reader.push(frame)), ...reader.end()]) {
    if (event.type === "failed") return null;
    answer.push(event);
  }
  return answer.response();
}
