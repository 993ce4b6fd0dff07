/**
 * An answer from any lane as a Response. One of this protocol goes back as it came; another is put together the way a
 * stream of it would be, so that both say the same.
 */

import { eventsOf } from "../../ir/fold.ts";
import type { WithLosses } from "../../ir/loss.ts";
import type { IrBlock } from "../../ir/request.ts";
import type { IrResponse } from "../../ir/response.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import type { AnswerContext } from "../protocol.ts";
import { customNames } from "../shared/free-text-tool.ts";
import { createAnswerLosses } from "../shared/losses.ts";
import { createAssembler } from "./assembler.ts";
import { createEnvelope, newId } from "./envelope.ts";
import { writeFinish } from "./finish.ts";
import { writeOutput } from "./item-writer.ts";
import type { EventOutlet } from "./outlet.ts";
import { writeUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function writeResponse(response: IrResponse, context: AnswerContext): WithLosses<JsonObject> {
  const body = response.sourceProtocol === PROTOCOL ? asObject(response.spelling["body"]) : undefined;
  const blocks = response.choices[0]?.blocks ?? [];
  // Collected from a stream, blocks have lost the items they came from.
  const customs = customNames(context.request, PROTOCOL);
  const isWrapped = (block: IrBlock) =>
    block.type === "tool-call" && block.kind === "function" && customs.has(block.name);
  if (body === undefined || !blocks.every(hasItem) || blocks.some(isWrapped)) return assemble(response, context);
  const losses = createAnswerLosses();
  return { value: { ...body, output: writeOutput(blocks, losses) }, losses: losses.list };
}

function assemble(response: IrResponse, context: AnswerContext): WithLosses<JsonObject> {
  const losses = createAnswerLosses();
  const native = response.sourceProtocol === PROTOCOL; // a stream of our own that was collected
  if (!native) losses.dropExtras("", response.extras);
  const outlet: EventOutlet = { emit: unheard, piece: unheard, newId: (prefix) => newId(context, prefix) };
  const assembler = createAssembler(outlet, losses, context.request);
  for (const event of eventsOf(response)) {
    switch (event.type) {
      case "block-start":
      case "text-delta":
      case "arguments-delta":
      case "signature-delta":
      case "citation":
      case "opaque-delta":
      case "block-end":
        assembler.push(event);
        break;
      case "loss":
        losses.add(event.loss);
        break;
      default: // of the answer as a whole, which is taken from `response`
    }
  }
  assembler.finish();
  const [choice] = response.choices;
  for (const { logprobs, index } of response.choices) {
    if (logprobs !== null) losses.drop(`choices[${index}].logprobs`, "in another protocol's form");
  }
  const finish = choice?.finish ?? null;
  const word = writeFinish(finish, assembler.held(), native);
  if (word.approximated) losses.approximate("status", `${finish?.reason ?? "it"} has no word of its own`);
  const envelope = createEnvelope(context, {
    id: (native ? response.id : null) ?? newId(context, "resp"),
    createdMs: response.createdMs ?? context.createdMs,
    model: response.model ?? context.upstreamModel,
    serviceTier: native ? response.serviceTier : null,
  });
  const value = envelope({
    status: word.status,
    output: assembler.output(),
    usage: writeUsage(response.usage, { native, context }, losses),
    error: null,
    incomplete: word.reason,
  });
  return { value, losses: losses.list };
}

function hasItem(block: IrBlock): boolean {
  if (block.type === "opaque") return true;
  return block.spelling["item"] !== undefined || block.spelling["message"] !== undefined;
}

function unheard(): void {
  // A whole answer tells only what it came to.
}
