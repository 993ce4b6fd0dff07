/** A whole answer into the IR. Tolerant of what compatible vendors add, leave out and spell differently. */

import type { WithLosses } from "../../ir/loss.ts";
import { type IrBlock, NO_EXTRAS, NO_SPELLING } from "../../ir/request.ts";
import type { IrResponse } from "../../ir/response.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { nonEmpty, readSeconds, without } from "../shared/members.ts";
import { type HeldKinds, readFinish } from "./finish.ts";
import { restoreName } from "./names.ts";
import { readOutputItem } from "./output-reader.ts";
import { readUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function readResponse(body: JsonObject): WithLosses<IrResponse> {
  const status = asText(body["status"]) ?? "completed";
  if (status === "failed" || status === "cancelled") {
    throw new WireError(`The provider's answer ended as ${status}, so it is no answer.`);
  }
  const output = asArray(body["output"]);
  if (output === undefined) throw new WireError("The provider's answer holds no output, so it is no answer.");
  const blocks = output.flatMap((value, index) => {
    const item = asObject(value);
    if (item === undefined) throw new WireError(`The provider's answer has no item in output[${index}].`);
    return readOutputItem(item, `output[${index}]`).map(restored);
  });
  const finish = readFinish(status, reasonOf(body), heldBy(blocks));
  const value: IrResponse = {
    sourceProtocol: PROTOCOL,
    id: nonEmpty(body["id"]),
    model: nonEmpty(body["model"]),
    createdMs: readSeconds(body["created_at"]),
    choices: [{ index: 0, blocks, finish, logprobs: logprobsOf(output), extras: NO_EXTRAS, spelling: NO_SPELLING }],
    usage: readUsage(body["usage"]),
    serviceTier: nonEmpty(body["service_tier"]),
    // Nearly all of it repeats the request, and the rest is labels of the vendor's own.
    extras: NO_EXTRAS,
    spelling: { body: without(body, "output") },
  };
  return { value, losses: [] };
}

/** A tool's name as it was before this protocol's own writer made it legal. */
function restored(block: IrBlock): IrBlock {
  return block.type === "tool-call" ? { ...block, name: restoreName(block.name) } : block;
}

/** Why it is incomplete; null: not said. */
export function reasonOf(response: JsonObject): string | null {
  return nonEmpty(at(response["incomplete_details"], "reason"));
}

function heldBy(blocks: readonly IrBlock[]): HeldKinds {
  return {
    toolCalls: blocks.some(({ type }) => type === "tool-call"),
    refusal: blocks.some(({ type }) => type === "refusal"),
  };
}

/** Of all texts, one after the other; null: none. */
function logprobsOf(output: readonly unknown[]): unknown {
  const parts = output.flatMap((item) => asArray(at(item, "content")) ?? []);
  const found = parts.flatMap((part) => asArray(at(part, "logprobs")) ?? []);
  return found.length === 0 ? null : found;
}
