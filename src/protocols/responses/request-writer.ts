/**
 * A request of the IR into a Responses body, from whatever protocol it was read. A request of this protocol keeps its
 * spelling. One of another protocol is fitted to what the vendor takes, and every cut is a loss. Nothing of a
 * translated conversation is left in the vendor's store.
 */

import type { Dialect } from "../../ir/dialect.ts";
import type { WithLosses } from "../../ir/loss.ts";
import type { IrOutputFormat, IrRequest, IrSampling } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { withoutUndefined } from "../shared/members.ts";
import { writeStrictness, writeTier, writeUser, writeWithin } from "../shared/openai/options.ts";
import { settleCalls } from "../shared/settle-calls.ts";
import { createWriteContext, type WriteContext, writeExtras } from "../shared/write-context.ts";
import { writeInput } from "./item-writer.ts";
import { legalLabel } from "./names.ts";
import { isReasoningModel, writeReasoning } from "./reasoning.ts";
import { writeTools } from "./tool-writer.ts";
import { PROTOCOL, type WireRequest } from "./wire.ts";

export function writeRequest(asked: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const context = createWriteContext(asked, { protocol: PROTOCOL, dialect: options.dialect });
  const request = context.native ? asked : settleCalls(asked, context.losses);
  const { instructions, input } = writeInput(request, context);
  const said = context.native ? ownOptions(request, options, context) : foreignOptions(request, options, context);
  const hasInput = !context.native || request.spelling["hasInput"] !== false;
  const value = withoutUndefined({
    ...said,
    model: options.upstreamModel,
    ...(instructions === undefined ? {} : { instructions }),
    ...(hasInput ? { input } : {}),
  });
  return { value, losses: context.losses.list };
}

/** Every member as the client wrote it, but for what the lane decides. */
function ownOptions(request: IrRequest, options: WriteRequestOptions, context: WriteContext): JsonObject {
  const body = asObject(request.spelling["body"]) ?? {};
  return {
    ...body,
    ...writeTools(request, context),
    max_output_tokens: ownMaxTokens(request, options, context, body),
    ...(request.stream ? { stream: true } : {}),
  };
}

function foreignOptions(request: IrRequest, options: WriteRequestOptions, context: WriteContext): JsonObject {
  const settings = {
    ...(request.stream ? { stream: true } : {}),
    max_output_tokens: writeMaxTokens(request, options, context),
    top_logprobs: request.logprobs?.top ?? undefined,
    user: writeUser(request.user, context),
    prompt_cache_key: options.sessionKey ?? undefined,
    metadata: writeMetadata(request, context),
    // The client's vendor would have kept nothing.
    store: false,
  } satisfies Undefinable<WireRequest>;
  loseUnknown(request, context);
  return {
    ...settings,
    ...writeTools(request, context),
    ...writeSampling(request.sampling, context),
    include: writeInclude(request, context.dialect),
    reasoning:
      request.reasoning === null
        ? undefined
        : (writeReasoning(request.reasoning, context.dialect, context.losses) ?? undefined),
    text: writeText(request.outputFormat, context),
    service_tier: writeTier(request.serviceTier, context),
  };
}

/** Members that may be left out. */
type Undefinable<T> = { readonly [name in keyof T]?: T[name] | undefined };

/** What the vendor has no word for. */
function loseUnknown(request: IrRequest, context: WriteContext): void {
  if (request.stop.length > 0) context.losses.drop("stop", "the provider has no stop sequences");
  if ((request.choices ?? 1) > 1) context.losses.drop("n", "the provider gives one answer");
  writeExtras(request.extras, "", context);
}

/** In the client's own digits, unless the lane cuts it. */
function ownMaxTokens(
  request: IrRequest,
  options: WriteRequestOptions,
  context: WriteContext,
  body: JsonObject,
): unknown {
  const tokens = writeMaxTokens(request, options, context);
  return tokens === undefined || tokens === request.maxOutputTokens ? body["max_output_tokens"] : tokens;
}

/** The vendor refuses less than 16 (`integer_below_min_value`, seen 2025-11). */
function writeMaxTokens(request: IrRequest, options: WriteRequestOptions, context: WriteContext): number | undefined {
  const asked = request.maxOutputTokens;
  if (asked === null) return undefined;
  const limit = options.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  if (asked > limit) {
    context.losses.clamp("max_tokens", `the model gives at most ${limit}`);
    return limit;
  }
  if (asked >= MAX_TOKENS_MIN || context.native) return asked;
  context.losses.clamp("max_tokens", `the provider takes no less than ${MAX_TOKENS_MIN}`);
  return MAX_TOKENS_MIN;
}

function writeSampling(sampling: IrSampling, context: WriteContext): JsonObject {
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = sampling;
  const none = { top_k: topK, seed, presence_penalty: presencePenalty, frequency_penalty: frequencyPenalty };
  for (const [name, value] of Object.entries(none)) {
    if (value !== null) context.losses.drop(name, "the provider has no such setting");
  }
  return {
    temperature: writeWithin("temperature", temperature, [0, 2], context),
    top_p: writeWithin("top_p", topP, [0, 1], context),
  };
}

/** Sealed thoughts must come along, because nothing is stored that a later turn could refer to. */
function writeInclude(request: IrRequest, dialect: Dialect): string[] | undefined {
  const include = [
    ...(isReasoningModel(dialect) ? ["reasoning.encrypted_content"] : []),
    ...(request.logprobs === null ? [] : ["message.output_text.logprobs"]),
  ];
  return include.length === 0 ? undefined : include;
}

function writeText(format: IrOutputFormat | null, context: WriteContext): JsonObject | undefined {
  if (format === null || format.kind === "text") return undefined;
  if (format.kind === "json") return { format: { type: "json_object" } };
  const { name, description, schema, strict } = format;
  const definition = {
    type: "json_schema",
    name: legalLabel(name ?? "response"),
    description: description ?? undefined,
    schema: asObject(schema) ?? {},
    strict: strict ?? writeStrictness(schema, context),
  };
  return { format: withoutUndefined(definition) };
}

function writeMetadata({ metadata }: IrRequest, context: WriteContext): WireRequest["metadata"] | undefined {
  if (metadata === null) return undefined;
  const entries = Object.entries(metadata);
  const isFit = entries.every(([name, value]) => name.length <= LABEL_CHARS_MAX && value.length <= VALUE_CHARS_MAX);
  if (isFit && entries.length <= ENTRIES_MAX) return { ...metadata };
  context.losses.drop("metadata", "the provider takes 16 entries of 64 and 512 characters");
  return undefined;
}

const MAX_TOKENS_MIN = 16;
const ENTRIES_MAX = 16;
const LABEL_CHARS_MAX = 64;
const VALUE_CHARS_MAX = 512;
