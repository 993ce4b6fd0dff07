/**
 * A Messages request out of any request. What the vendor cannot take is adapted or left out, and every such place is a
 * loss. A request read from this protocol is written back as its client wrote it, and the vendor judges it.
 */

import type { WithLosses } from "../../ir/loss.ts";
import type { Extras, IrOutputFormat, IrRequest } from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { enforcedFormat, formatInstruction } from "../shared/content-blocks/output-format.ts";
import { thinkingWay } from "../shared/content-blocks/thinking.ts";
import { withUserEnds } from "../shared/content-blocks/user-ends.ts";
import { forceAnswer } from "../shared/forced-answer.ts";
import { mergeMembers } from "../shared/members.ts";
import { composePrompt } from "../shared/prompt-writer.ts";
import { writeOutputSchema } from "../shared/schema/closed.ts";
import { settleCalls } from "../shared/settle-calls.ts";
import { dropOptions, tierWord } from "../shared/unsupported-options.ts";
import { writeSampling, writeThinking } from "./thinking-writer.ts";
import { writeTools } from "./tool-writer.ts";
import { writeConversation, writeSystem } from "./turn-writer.ts";
import { API } from "./wire.ts";
import { createMessagesContext, type MessagesContext } from "./write-context.ts";

export function writeRequest(asked: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const context = createMessagesContext(asked, options);
  const forced = context.native || context.dialect.structuredOutput ? null : forceAnswer(asked);
  if (forced !== null) context.losses.add(forced.loss);
  const given = forced?.request ?? asked;
  const request = context.native ? given : settleCalls(given, context.losses);
  const { system, turns: messages } = writePrompt(request, context);
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
  dropOptions(request, UNSUPPORTED, API, context);
  if (context.native) {
    const isStopped = thinking === null && ["enabled", "adaptive"].includes(request.reasoning?.mode ?? "");
    const extras = isStopped ? withoutThinkingEdits(request.extras) : request.extras;
    return { value: mergeMembers(body, extras), losses: context.losses.list };
  }
  context.losses.dropExtras("", request.extras);
  return { value: body, losses: context.losses.list };
}

function writePrompt(
  request: IrRequest,
  context: MessagesContext,
): { readonly system: string | readonly JsonObject[]; readonly turns: readonly JsonObject[] } {
  // First, since cache marks are few and these are worth the most.
  const instructions = writeSystem(request.instructions, context);
  const conversation = writeConversation(request, context);
  if (typeof instructions === "string") return { system: instructions, turns: conversation.turns };
  const words = formatInstruction(request.outputFormat, context);
  const added = words === null ? null : { type: "text", text: words };
  const prompt = composePrompt({ instructions, conversation, added }, context, (content) => ({
    role: "user",
    content,
  }));
  if (context.native) return prompt;
  const userTurn = (words: string): JsonObject => ({ role: "user", content: [{ type: "text", text: words }] });
  const { dialect } = context;
  const takesPrefill = dialect.thinking === null || (thinkingWay(dialect) !== "adaptive" && request.reasoning === null);
  return {
    ...prompt,
    turns: withUserEnds(prompt.turns, { userBegins: false, takesPrefill, userTurn, losses: context.losses }),
  };
}

function writeFormat(asked: IrOutputFormat | null, context: MessagesContext): JsonObject | null {
  const format = enforcedFormat(asked, context);
  if (format === null) return null;
  if (format.description !== null) context.losses.drop("response_format.description", "a schema has no place for it");
  return { type: "json_schema", schema: writeOutputSchema(format.schema, "response_format.schema", context) };
}

const UNSUPPORTED = ["n", "logprobs", "metadata", "seed", "presence_penalty", "frequency_penalty"] as const;

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
  const written = tierWord(tier, SERVICE_TIERS, context);
  if (written === null) return {};
  if (tier === "priority")
    context.losses.approximate("service_tier", "priority capacity is used only where there is some");
  return { service_tier: written };
}

/** "`clear_thinking_20251015` strategy requires `thinking` to be enabled", the vendor says where it was switched off. */
function withoutThinkingEdits(extras: Extras): Extras {
  const management = asObject(extras["context_management"]);
  const edits = asArray(management?.["edits"]);
  if (management === undefined || edits === undefined) return extras;
  const kept = edits.filter((edit) => asText(asObject(edit)?.["type"])?.startsWith("clear_thinking") !== true);
  if (kept.length > 0) return { ...extras, context_management: { ...management, edits: kept } };
  const { context_management: _, ...others } = extras;
  return others;
}
