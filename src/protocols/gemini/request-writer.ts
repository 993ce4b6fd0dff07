/**
 * A generateContent request out of any request. What the vendor cannot take is adapted or left out, and every such place
 * is a loss. A request read from this protocol is written back as its client wrote it, and the vendor judges it. `model`
 * and `stream` travel in the path: this protocol's carrier takes them out of the body again.
 */

import type { WithLosses } from "../../ir/loss.ts";
import type { IrOutputFormat, IrRequest } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { composePrompt, type WrittenPrompt } from "../shared/prompt-writer.ts";
import { settleCalls } from "../shared/settle-calls.ts";
import { dropOptions, tierWord } from "../shared/unsupported-options.ts";
import { isEmpty, mergeMembers, present } from "./members.ts";
import { writeSchema } from "./schema-writer.ts";
import { writeThinking } from "./thinking-writer.ts";
import { writeTools } from "./tool-writer.ts";
import { writeConversation, writeSystem } from "./turn-writer.ts";
import { API } from "./wire.ts";
import { createGeminiContext, type GeminiContext } from "./write-context.ts";

export function writeRequest(asked: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const context = createGeminiContext(asked, options);
  const request = context.native ? asked : settleCalls(asked, context.losses);
  const { tools, config } = writeTools(request, context);
  const format = writeFormat(request.outputFormat, tools.length > 0, context);
  const { system, turns: contents } = writePrompt(request, format.instruction, context);
  const generationConfig = present({
    maxOutputTokens: writeLimit(request.maxOutputTokens, options.maxOutputTokens, context),
    ...request.sampling,
    ...(request.stop.length === 0 ? {} : { stopSequences: writeStop(request.stop, context) }),
    candidateCount: request.choices,
    ...(request.logprobs === null ? {} : { responseLogprobs: true, logprobs: request.logprobs.top }),
    ...format.members,
    thinkingConfig: writeThinking(request.reasoning, context),
  });
  const body: JsonObject = {
    model: options.upstreamModel,
    contents,
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }),
    ...(tools.length === 0 ? {} : { tools }),
    ...(config === null ? {} : { toolConfig: config }),
    ...(isEmpty(generationConfig) ? {} : { generationConfig }),
    ...writeServiceTier(request.serviceTier, context),
    ...(request.stream ? { stream: true } : {}),
  };
  if (context.native) return { value: mergeMembers(body, request.extras), losses: context.losses.list };
  dropOptions(request, ["user", "metadata"], API, context);
  context.losses.dropExtras("", request.extras);
  return { value: body, losses: context.losses.list };
}

function writePrompt(request: IrRequest, words: string | null, context: GeminiContext): WrittenPrompt {
  const conversation = writeConversation(request, context);
  const instructions = writeSystem(request.instructions, context);
  const added = words === null ? null : { text: words };
  return composePrompt({ instructions, conversation, added }, context, (parts) => ({ role: "user", parts }));
}

/** The vendor's limits are 32-bit integers. */
const INT32_MAX = 2_147_483_647;

function writeLimit(asked: number | null, ofLane: number | null, context: GeminiContext): number | null {
  if (asked === null) return null;
  const most = ofLane ?? (context.native ? asked : INT32_MAX);
  if (asked <= most) return asked;
  context.losses.clamp("max_tokens", `the model answers with at most ${most}`);
  return most;
}

/** ai.google.dev/api/generate-content#generationconfig, read 2026-11-27. */
const STOP_SEQUENCES_MAX = 5;

function writeStop(stop: readonly string[], context: GeminiContext): readonly string[] {
  if (context.native) return stop;
  const kept = stop.filter((each) => each !== "");
  if (kept.length <= STOP_SEQUENCES_MAX) return kept;
  context.losses.clamp("stop", `the vendor takes at most ${STOP_SEQUENCES_MAX} stop sequences`);
  return kept.slice(0, STOP_SEQUENCES_MAX);
}

interface WrittenFormat {
  readonly members: JsonObject;
  /** For the system instruction, where the model cannot be held to it; null: none. */
  readonly instruction: string | null;
}

const NO_FORMAT: WrittenFormat = { members: {}, instruction: null };

function writeFormat(format: IrOutputFormat | null, hasTools: boolean, context: GeminiContext): WrittenFormat {
  if (format === null) return NO_FORMAT;
  if (format.kind === "text") {
    return context.native ? { members: { responseMimeType: "text/plain" }, instruction: null } : NO_FORMAT;
  }
  if (hasTools && !context.dialect.schemaBesideTools && !context.native) {
    context.losses.approximate("response_format", "beside tools the model is only told in words to answer in JSON");
    const schema = format.kind === "json-schema" ? ` It must match this JSON Schema: ${textOf(format.schema)}` : "";
    return { members: {}, instruction: `When you answer, write one JSON object and nothing else.${schema}` };
  }
  const responseMimeType = "application/json";
  if (format.kind === "json") return { members: { responseMimeType }, instruction: null };
  if (format.description !== null) context.losses.drop("response_format.description", "a schema has no place for it");
  const { form, schema } = writeSchema(format.schema, "response_format.schema", context);
  const written = form === "openapi" ? { responseSchema: schema } : { responseJsonSchema: schema };
  return { members: { responseMimeType, ...written }, instruction: null };
}

function textOf(schema: unknown): string {
  return JSON.stringify(schema ?? {});
}

/** Another vendor's tiers; `auto` is what happens when nothing is said. */
const SERVICE_TIERS: ReadonlyMap<string, string | null> = new Map([
  ["auto", null],
  ["default", "standard"],
  ["standard", "standard"],
  ["standard_only", "standard"],
  ["flex", "flex"],
  ["priority", "priority"],
]);

function writeServiceTier(tier: string | null, context: GeminiContext): JsonObject {
  if (tier === null) return {};
  if (context.native) return { serviceTier: tier };
  const word = tierWord(tier, SERVICE_TIERS, context);
  return word === null ? {} : { serviceTier: word };
}
