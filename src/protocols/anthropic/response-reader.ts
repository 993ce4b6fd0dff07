/** A complete Messages answer, read. */

import type { WithLosses } from "../../ir/loss.ts";
import { NO_SPELLING } from "../../ir/request.ts";
import type { IrResponse } from "../../ir/response.ts";
import { asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, isAnything, isEmpty, isList, isText, type Shape } from "../shared/members.ts";
import { readContent } from "./block-reader.ts";
import { readFinish } from "./finish.ts";
import { readServiceTier, readUsage, readUsageExtras } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function readResponse(body: JsonObject): WithLosses<IrResponse> {
  if (body["type"] === "error") throw new WireError("The answer is an error, not a message.");
  if (!Array.isArray(body["content"])) throw new WireError("The answer has no list of content blocks.");
  const finish = asText(body["stop_reason"]);
  return {
    value: {
      sourceProtocol: PROTOCOL,
      id: asText(body["id"]) ?? null,
      model: readModel(body),
      createdMs: null,
      choices: [
        {
          index: 0,
          blocks: readContent(body["content"], "content").blocks,
          finish: finish === undefined ? null : readFinish(finish, asText(body["stop_sequence"]) ?? null),
          logprobs: null,
          extras: {},
          spelling: NO_SPELLING,
        },
      ],
      usage: readUsage(body["usage"]),
      serviceTier: readServiceTier(body["usage"]),
      extras: readAnswerExtras(body),
      spelling: NO_SPELLING,
    },
    losses: [],
  };
}

/** An empty name says as little as none. */
export function readModel(message: JsonObject): string | null {
  const model = asText(message["model"]);
  return model === undefined || model === "" ? null : model;
}

/** Members of a message beyond the shared ones; under `usage` what its counters do not carry. */
export function readAnswerExtras(message: JsonObject): Readonly<Record<string, unknown>> {
  const extras = extrasOf(message, MESSAGE_SHAPE);
  const usage = readUsageExtras(message["usage"]);
  return isEmpty(usage) ? extras : { ...extras, usage };
}

const MESSAGE_SHAPE: Shape = {
  id: isText,
  type: isText,
  role: isText,
  model: isText,
  content: isList,
  stop_reason: isText,
  stop_sequence: isText,
  usage: isAnything,
};
