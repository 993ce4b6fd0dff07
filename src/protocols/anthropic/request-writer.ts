/**
 * A Messages request out of any request. What the vendor cannot take is adapted or left out, and every such place is a
 * loss. A request read from this protocol is written back as its client wrote it, and the vendor judges it.
 */
import type { WithLosses } from "../../ir/loss.ts";
import type { IrOutputFormat, IrRequest } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { forceAnswer } from "../shared/forced-answer.ts";
import { mergeMembers } from "../shared/members.ts";
import { writeOutputSchema } from "./schema-writer.ts";
import { writeSampling, writeThinking } from "./thinking-writer.ts";
import { writeTools } from "./tool-writer.ts";
import { writeConversation, writeSystem } from "./turn-writer.ts";
import { createMessagesContext, type MessagesContext } from "./write-context.ts";

export function writeRequest(asked: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const context = createMessagesContext(asked, options.upstreamModel);
  const forced = context.native || context.rules.structuredOutput ? null : forceAnswer(asked);
  if (forced !== null) context.losses.approximate(forced.loss.field, forced.loss.detail);
  const request = forced?.request ?? asked;
  const { system, messages } = writePrompt(request, context);
  const { tools, choice } = writeTools(request, messages, context);
  const { thinking, effort, maxTokens } = writeThinking(request, options, messages, context);
  const format = writeFormat(request.outputFormat, context);
  const stop = writeStop(request.stop, context);
  const outputConfig = { ...(effort === null ? {} : { effort }), ...(format === null ? {} : { format }) };
  const body: JsonObject = {
    model: options.upstreamModel,
    max_tokens: maxTokens,
    ...(system.length === 0 ? {} : { system }),
    messages,
    ...(tools.length === 0 ? {} : { tools }),
    ...(choice === null ? {} : { tool_choice: choice }),
    ...(thinking === null ? {} : { thinking }),
    ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
    ...writeSampling(request.sampling, thinking, context),
    ...(stop.length === 0 ? {} : { stop_sequences: stop }),
    ...(request.user === null ? {} : { metadata: { user_id: request.user } }),
    ...writeServiceTier(request.serviceTier, context),
    ...(request.stream ? { stream: true } : {}),
  };
  dropTheRest(request, context);
  if (context.native) return { value: mergeMembers(body, request.extras), losses: context.losses.list };
  context.losses.dropExtras("", request.extras);
  return { value: body, losses: context.losses.list };
}

const JSON_MODE = "Answer with one JSON object and nothing else.";

function writePrompt(
  request: IrRequest,
  context: MessagesContext,
): { system: string | readonly JsonObject[]; messages: readonly JsonObject[] } {
  const written = writeSystem(request.instructions, context);
  const { messages, promoted } = writeConversation(request, context);
  if (typeof written === "string") return { system: written, messages };
  const system = [...written, ...promoted];
  if (messages.length === 0 && system.length > 0 && !context.native) {
    context.losses.approximate("messages", "a conversation needs a user turn, so the last instruction becomes one");
    const last = system.splice(-1);
    return { system, messages: [{ role: "user", content: last }] };
  }
  const format = request.outputFormat;
  if (format?.kind === "json") system.push({ type: "text", text: JSON_MODE });
  if (format?.kind === "json-schema" && !context.native && !context.rules.structuredOutput) {
    system.push({ type: "text", text: `${JSON_MODE} It must fit this JSON Schema: ${JSON.stringify(format.schema)}` });
  }
  return { system, messages };
}

function writeFormat(format: IrOutputFormat | null, context: MessagesContext): JsonObject | null {
  if (format === null || format.kind === "text") return null;
  if (format.kind === "json") {
    context.losses.approximate("response_format", "JSON without a schema is asked for in the system prompt");
    return null;
  }
  if (!context.native && !context.rules.structuredOutput) {
    context.losses.approximate("response_format", "the model holds to no schema: it is asked to in the system prompt");
    return null;
  }
  if (format.description !== null) context.losses.drop("response_format.description", "a schema has no place for it");
  return { type: "json_schema", schema: writeOutputSchema(format.schema, "response_format.schema", context) };
}

/** The vendor refuses stop sequences of white space alone. */
function writeStop(stop: readonly string[], context: MessagesContext): readonly string[] {
  if (context.native) return stop;
  const kept = stop.filter((each) => each.trim() !== "");
  if (kept.length < stop.length) context.losses.drop("stop", "the vendor takes no blank stop sequence");
  return kept;
}

/** Another vendor's tiers; what the vendor calls `auto` may use priority capacity, `standard_only` never does. */
const SERVICE_TIERS: ReadonlyMap<string, string> = new Map([
  ["auto", "auto"],
  ["priority", "auto"],
  ["default", "standard_only"],
  ["standard", "standard_only"],
  ["standard_only", "standard_only"],
]);

function writeServiceTier(tier: string | null, context: MessagesContext): JsonObject {
  if (tier === null) return {};
  if (context.native) return { service_tier: tier };
  const written = SERVICE_TIERS.get(tier);
  if (written === undefined) {
    context.losses.drop("service_tier", "the vendor has no such tier");
    return {};
  }
  if (tier === "priority")
    context.losses.approximate("service_tier", "priority capacity is used only where there is some");
  return { service_tier: written };
}

function dropTheRest(request: IrRequest, context: MessagesContext): void {
  const none = "the Messages API has no such option";
  if (request.choices !== null && request.choices > 1) context.losses.drop("n", "the vendor gives one answer");
  if (request.logprobs !== null) context.losses.drop("logprobs", none);
  if (request.metadata !== null && Object.keys(request.metadata).length > 0) context.losses.drop("metadata", none);
}
