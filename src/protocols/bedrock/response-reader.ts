/** A complete Converse answer, read. */
import type { WithLosses } from "../../ir/loss.ts";
import { type Extras, type IrBlock, NO_SPELLING } from "../../ir/request.ts";
import type { IrResponse } from "../../ir/response.ts";
import { asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, isAnything, isEmpty, isText, type Shape } from "../shared/members.ts";
import { readContent } from "./block-reader.ts";
import { BROKEN_OUTPUT, isBrokenOutput, readFinish } from "./finish.ts";
import { toolNames } from "./names.ts";
import { readUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function readResponse(body: JsonObject): WithLosses<IrResponse> {
  const message = asObject(at(body, "output", "message"));
  if (message === undefined || !Array.isArray(message["content"])) {
    throw new WireError("The answer has no message with a list of content blocks.");
  }
  const finish = asText(body["stopReason"]);
  const blocks = readContent(message["content"], "output.message.content").map(withOwnName);
  const says = blocks.some(({ type }) => type !== "reasoning");
  if (finish !== undefined && isBrokenOutput(finish) && !says) throw new WireError(BROKEN_OUTPUT);
  return {
    value: {
      sourceProtocol: PROTOCOL,
      // The service names neither the answer nor the model.
      id: null,
      model: null,
      createdMs: null,
      choices: [
        {
          index: 0,
          blocks,
          finish: finish === undefined ? null : readFinish(finish, readStopSequence(body)),
          logprobs: null,
          extras: {},
          spelling: NO_SPELLING,
        },
      ],
      usage: readUsage(body["usage"]),
      serviceTier: readServiceTier(body),
      extras: readAnswerExtras(body),
      spelling: NO_SPELLING,
    },
    losses: [],
  };
}

/** The name the client gave to the tool. */
function withOwnName(block: IrBlock): IrBlock {
  if (block.type !== "tool-call") return block;
  const name = toolNames.restore(block.name);
  return name === block.name ? block : { ...block, name };
}

/** Claude's own word for which one was met, where the client asked for it by its path. */
export function readStopSequence(value: JsonObject): string | null {
  return asText(at(value, "additionalModelResponseFields", "stop_sequence")) ?? null;
}

export function readServiceTier(value: JsonObject): string | null {
  return asText(at(value, "serviceTier", "type")) ?? null;
}

const FIELDS_SHAPE: Shape = { stop_sequence: isText };
/** How long the vendor took says nothing of how long the client waited, so it is not carried. */
const ANSWER_SHAPE: Shape = {
  output: isAnything,
  stopReason: isText,
  usage: isAnything,
  metrics: isAnything,
  serviceTier: (value) => asText(asObject(value)?.["type"]) !== undefined,
  additionalModelResponseFields: (value) => {
    const fields = asObject(value);
    return fields !== undefined && isEmpty(extrasOf(fields, FIELDS_SHAPE));
  },
};

/** Members of an answer, or of a stream's last events, beyond the shared ones. */
export function readAnswerExtras(body: JsonObject): Extras {
  const extras = extrasOf(body, ANSWER_SHAPE);
  const fields = asObject(extras["additionalModelResponseFields"]);
  return fields === undefined ? extras : { ...extras, additionalModelResponseFields: extrasOf(fields, FIELDS_SHAPE) };
}
