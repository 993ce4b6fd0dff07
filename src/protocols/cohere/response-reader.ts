/** A whole answer into the IR. Tolerant of what compatible servers add, leave out and spell differently. */
import type { WithLosses } from "../../ir/loss.ts";
import type { IrResponse } from "../../ir/response.ts";
import { asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, isNothing, modelled, nonEmpty } from "../shared/members.ts";
import { isFailedFinish, readFinish } from "./finish.ts";
import { readSaid } from "./message-reader.ts";
import { readContent } from "./part-reader.ts";
import { readUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function readResponse(body: JsonObject): WithLosses<IrResponse> {
  const message = asObject(body["message"]);
  if (message === undefined) throw new WireError("The provider's answer holds no message, so it is no answer.");
  const raw = asText(body["finish_reason"]);
  if (raw !== undefined && isFailedFinish(raw)) {
    throw new WireError(`The provider's answer ended as ${raw}, so it is no answer.`);
  }
  const content = isNothing(message["content"]) ? [] : readContent(message["content"], "message.content").blocks;
  const said = readSaid(message, content, "message");
  const { blocks } = said;
  const toolCalls = blocks.some(({ type }) => type === "tool-call");
  const value: IrResponse = {
    sourceProtocol: PROTOCOL,
    id: nonEmpty(body["id"]),
    // The vendor names none; a gateway before it may.
    model: nonEmpty(body["model"]),
    createdMs: null,
    choices: [
      {
        index: 0,
        blocks,
        finish: raw === undefined ? null : readFinish(raw, { toolCalls }),
        logprobs: body["logprobs"] ?? null,
        extras: said.extras,
        spelling: said.spelling,
      },
    ],
    usage: readUsage(body["usage"]) ?? readUsage(body["meta"]),
    serviceTier: null,
    // The usage object holds what is billed as well, which only this vendor has.
    extras: extrasOf(body, RESPONSE_SHAPE),
    spelling: { usage: asObject(body["usage"]) },
  };
  return { value, losses: [] };
}

const RESPONSE_SHAPE = modelled("id", "model", "message", "finish_reason", "logprobs", "usage");
