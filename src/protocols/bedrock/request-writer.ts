/**
 * A Converse request out of any request. What the vendor cannot take is adapted or left out, and every such place is a
 * loss. A request read from this protocol is written back as its client wrote it, and the vendor judges it.
 *
 * `model` and `stream` are no members of the API, where the path says both: they are written for readers of this payload
 * and taken out again by the carrier.
 */

import type { WithLosses } from "../../ir/loss.ts";
import type { IrOutputFormat, IrRequest } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { enforcedFormat, formatInstruction } from "../shared/content-blocks/output-format.ts";
import { forceAnswer } from "../shared/forced-answer.ts";
import { mergeMembers } from "../shared/members.ts";
import { composePrompt, type WrittenPrompt } from "../shared/prompt-writer.ts";
import { writeOutputSchema } from "../shared/schema/closed.ts";
import { settleCalls } from "../shared/settle-calls.ts";
import { dropOptions, tierWord } from "../shared/unsupported-options.ts";
import { writeSampling, writeThinking } from "./thinking-writer.ts";
import { writeTools } from "./tool-writer.ts";
import { writeConversation, writeSystem } from "./turn-writer.ts";
import { API, type WireTier } from "./wire.ts";
import { type ConverseContext, createConverseContext } from "./write-context.ts";

export function writeRequest(asked: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const context = createConverseContext(asked, options);
  const { structuredOutput, toolChoice } = context.dialect;
  const forced = context.native || structuredOutput || !toolChoice ? null : forceAnswer(asked);
  if (forced !== null) context.losses.add(forced.loss);
  const given = forced?.request ?? asked;
  const request = context.native ? given : settleCalls(given, context.losses);
  const { system, turns: messages } = writePrompt(request, context);
  const toolConfig = writeTools(request, messages, context);
  const { fields, effort, maxTokens, thinks } = writeThinking(request, options, messages, context);
  const sampling = writeSampling(request.sampling, thinks, context);
  const stop = writeStop(request.stop, context);
  const textFormat = writeFormat(request.outputFormat, context);
  const body: JsonObject = {
    model: options.upstreamModel,
    ...(request.stream ? { stream: true } : {}),
    ...(system.length === 0 ? {} : { system }),
    messages,
    ...member("inferenceConfig", {
      ...(maxTokens === null ? {} : { maxTokens }),
      ...sampling.config,
      ...(stop.length === 0 ? {} : { stopSequences: stop }),
    }),
    ...(toolConfig === null ? {} : { toolConfig }),
    ...member("additionalModelRequestFields", {
      ...sampling.fields,
      ...fields,
      ...writeParallel(request, toolConfig !== null, context),
    }),
    ...member("outputConfig", {
      ...(textFormat === null ? {} : { textFormat }),
      ...(effort === null ? {} : { effort }),
    }),
    ...writeMetadata(request.metadata, context),
    ...writeServiceTier(request.serviceTier, context),
  };
  dropOptions(request, UNSUPPORTED, API, context);
  if (context.native) return { value: mergeMembers(body, request.extras), losses: context.losses.list };
  context.losses.dropExtras("", request.extras);
  return { value: body, losses: context.losses.list };
}

function member(name: string, value: JsonObject): JsonObject {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}

function writePrompt(request: IrRequest, context: ConverseContext): WrittenPrompt {
  // First, since cache marks are few and these are worth the most.
  const instructions = writeSystem(request.instructions, context);
  const conversation = writeConversation(request, context);
  const words = formatInstruction(request.outputFormat, context);
  const added = words === null ? null : { text: words };
  return composePrompt({ instructions, conversation, added }, context, (content) => ({ role: "user", content }));
}

/** The schema travels as JSON text. */
function writeFormat(asked: IrOutputFormat | null, context: ConverseContext): JsonObject | null {
  const format = enforcedFormat(asked, context);
  if (format === null) return null;
  const jsonSchema = {
    schema: JSON.stringify(writeOutputSchema(format.schema, "response_format.schema", context)),
    ...(format.name === null ? {} : { name: format.name }),
    ...(format.description === null ? {} : { description: format.description }),
  };
  return { type: "json_schema", structure: { jsonSchema } };
}

const UNSUPPORTED = ["n", "logprobs", "user", "seed", "presence_penalty", "frequency_penalty"] as const;

/** The vendor refuses stop sequences of white space alone. */
function writeStop(stop: readonly string[], context: ConverseContext): readonly string[] {
  if (context.native) return stop;
  const kept = stop.filter((each) => each.trim() !== "");
  if (kept.length < stop.length) context.losses.drop("stop", "the vendor takes no blank stop sequence");
  return kept;
}

/** Parallel calls are the default, and one at a time an option of newer Claudes alone. */
function writeParallel(request: IrRequest, hasTools: boolean, context: ConverseContext): JsonObject {
  const { parallelToolCalls } = request;
  const isNews = parallelToolCalls === false && hasTools;
  if (parallelToolCalls === null || (!context.native && !isNews)) return {};
  if (!context.native && (!context.dialect.oneCall || isForced(request))) {
    context.losses.drop("parallel_tool_calls", "the model cannot be held to one call at a time");
    return {};
  }
  return { tool_choice: { type: "auto", disable_parallel_tool_use: !parallelToolCalls } };
}

/** The option stands in the choice `auto`, which would undo another one. */
function isForced({ toolChoice }: IrRequest): boolean {
  return toolChoice !== null && toolChoice.kind !== "auto";
}

/** docs.aws.amazon.com, Converse, requestMetadata, read 2026-11. */
const METADATA_MAX = 16;
const METADATA_TEXT = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}$/;

function writeMetadata(metadata: IrRequest["metadata"], context: ConverseContext): JsonObject {
  if (metadata === null) return {};
  if (context.native) return { requestMetadata: metadata };
  const legal = Object.entries(metadata).filter(
    ([name, value]) => name !== "" && METADATA_TEXT.test(name) && METADATA_TEXT.test(value),
  );
  const kept = Object.fromEntries(legal.slice(0, METADATA_MAX));
  if (Object.keys(kept).length < Object.keys(metadata).length) {
    context.losses.drop("metadata", "the vendor takes 16 entries of plain characters");
  }
  return member("requestMetadata", kept);
}

/** Another vendor's tiers. */
const SERVICE_TIERS: ReadonlyMap<string, WireTier | null> = new Map<string, WireTier | null>([
  ["auto", null],
  ["default", "default"],
  ["standard", "default"],
  ["standard_only", "default"],
  ["flex", "flex"],
  ["priority", "priority"],
  ["reserved", "reserved"],
]);

function writeServiceTier(tier: string | null, context: ConverseContext): JsonObject {
  if (tier === null) return {};
  if (context.native) return { serviceTier: { type: tier } };
  const type = tierWord(tier, SERVICE_TIERS, context);
  return type === null ? {} : { serviceTier: { type } };
}
