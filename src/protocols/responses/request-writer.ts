/**
 * The request in between into a Responses body, from whatever protocol it was read. What came from this protocol goes
 * back as it was spelled; what came from another is fitted to what the vendor takes, and every cut is a loss. Nothing of a
 * translated conversation is left in the vendor's store.
 */
import type { WithLosses } from "../../ir/loss.ts";
import type { IrOutputFormat, IrRequest, IrSampling } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { createLosses } from "../shared/losses.ts";
import { isStrictSchema } from "../shared/schema/strict.ts";
import { hiddenObject, withoutUndefined } from "./extras.ts";
import { writeInput } from "./item-writer.ts";
import { legalLabel, shortHash } from "./names.ts";
import { extrasOf, type Writing } from "./part-writer.ts";
import { isReasoningModel, writeReasoning } from "./reasoning.ts";
import { writeTools } from "./tool-writer.ts";
import { ORIGIN, type WireRequest } from "./wire.ts";

export function writeRequest(request: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const writing: Writing = { native: request.sourceProtocol === ORIGIN, losses: createLosses() };
  const { instructions, input } = writeInput(request, writing);
  const said = writing.native ? ownOptions(request, options, writing) : foreignOptions(request, options, writing);
  const hasInput = !writing.native || request.extras["hasInput"] !== false;
  const value = withoutUndefined({
    ...said,
    model: options.upstreamModel,
    ...(instructions === undefined ? {} : { instructions }),
    ...(hasInput ? { input } : {}),
  });
  return { value, losses: writing.losses.list };
}

/** Every member as the client wrote it, but for what the lane decides. */
function ownOptions(request: IrRequest, options: WriteRequestOptions, writing: Writing): JsonObject {
  const body = hiddenObject(request.extras, "body") ?? {};
  return {
    ...body,
    ...writeTools(request, writing),
    max_output_tokens: ownMaxTokens(request, options, writing, body),
    ...(request.stream ? { stream: true } : {}),
  };
}

function foreignOptions(request: IrRequest, options: WriteRequestOptions, writing: Writing): JsonObject {
  const { upstreamModel } = options;
  const settings = {
    ...(request.stream ? { stream: true } : {}),
    max_output_tokens: writeMaxTokens(request, options, writing),
    top_logprobs: request.logprobs?.top ?? undefined,
    user: writeUser(request, writing),
    metadata: writeMetadata(request, writing),
    // The client's vendor would have kept nothing.
    store: false,
  } satisfies Undefinable<WireRequest>;
  loseUnknown(request, writing);
  return {
    ...settings,
    ...writeTools(request, writing),
    ...writeSampling(request.sampling, writing),
    include: writeInclude(request, upstreamModel),
    reasoning: writeEffort(request, upstreamModel, writing),
    text: writeText(request.outputFormat, writing),
    service_tier: writeTier(request.serviceTier, writing),
  };
}

/** Members that may be left out. */
type Undefinable<T> = { readonly [name in keyof T]?: T[name] | undefined };

/** What the vendor has no word for. */
function loseUnknown(request: IrRequest, writing: Writing): void {
  if (request.stop.length > 0) writing.losses.drop("stop", "the provider has no stop sequences");
  if ((request.choices ?? 1) > 1) writing.losses.drop("n", "the provider gives one answer");
  extrasOf(request.extras, "", writing);
}

/** In the client's own digits, unless the lane cuts it. */
function ownMaxTokens(request: IrRequest, options: WriteRequestOptions, writing: Writing, body: JsonObject): unknown {
  const tokens = writeMaxTokens(request, options, writing);
  return tokens === undefined || tokens === request.maxOutputTokens ? body["max_output_tokens"] : tokens;
}

/** The vendor refuses less than 16 (`integer_below_min_value`, seen 2025-11). */
function writeMaxTokens(request: IrRequest, options: WriteRequestOptions, writing: Writing): number | undefined {
  const asked = request.maxOutputTokens;
  if (asked === null) return undefined;
  const limit = options.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  if (asked > limit) {
    writing.losses.clamp("max_tokens", `the model gives at most ${limit}`);
    return limit;
  }
  if (asked >= MAX_TOKENS_MIN || writing.native) return asked;
  writing.losses.clamp("max_tokens", `the provider takes no less than ${MAX_TOKENS_MIN}`);
  return MAX_TOKENS_MIN;
}

function writeSampling(sampling: IrSampling, writing: Writing): JsonObject {
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = sampling;
  const none = { top_k: topK, seed, presence_penalty: presencePenalty, frequency_penalty: frequencyPenalty };
  for (const [name, value] of Object.entries(none)) {
    if (value !== null) writing.losses.drop(name, "the provider has no such setting");
  }
  return { temperature: within("temperature", temperature, 2, writing), top_p: within("top_p", topP, 1, writing) };
}

function within(field: string, value: number | null, max: number, writing: Writing): number | undefined {
  if (value === null) return undefined;
  if (value >= 0 && value <= max) return value;
  writing.losses.clamp(field, `the provider takes 0 to ${max}`);
  return Math.min(max, Math.max(0, value));
}

/** Sealed thoughts must come along, because nothing is stored that a later turn could refer to. */
function writeInclude(request: IrRequest, upstreamModel: string): string[] | undefined {
  const include = [
    ...(isReasoningModel(upstreamModel) ? ["reasoning.encrypted_content"] : []),
    ...(request.logprobs === null ? [] : ["message.output_text.logprobs"]),
  ];
  return include.length === 0 ? undefined : include;
}

function writeEffort(request: IrRequest, upstreamModel: string, writing: Writing): JsonObject | undefined {
  if (request.reasoning === null) return undefined;
  const { reasoning, losses } = writeReasoning(request.reasoning, upstreamModel);
  for (const loss of losses) writing.losses.add(loss);
  return reasoning ?? undefined;
}

function writeText(format: IrOutputFormat | null, writing: Writing): JsonObject | undefined {
  if (format === null || format.kind === "text") return undefined;
  if (format.kind === "json") return { format: { type: "json_object" } };
  const { name, description, schema, strict } = format;
  const definition = {
    type: "json_schema",
    name: legalLabel(name ?? "response"),
    description: description ?? undefined,
    schema: asObject(schema) ?? {},
    strict: strict ?? strictness(schema, writing),
  };
  return { format: withoutUndefined(definition) };
}

/** Protocols without the flag always hold the answer to the schema; here only a schema of a certain form can be held to. */
function strictness(schema: unknown, writing: Writing): boolean {
  if (isStrictSchema(schema)) return true;
  writing.losses.approximate("response_format", "the provider holds to this schema only loosely");
  return false;
}

/** The vendor takes 64 characters, some compatible ones only plain ones: a longer or odder id is replaced by its hash. */
function writeUser(request: IrRequest, writing: Writing): string | undefined {
  if (request.user === null) return undefined;
  if (PLAIN_USER.test(request.user)) return request.user;
  writing.losses.approximate("user", "written as its hash: it is too long or has odd characters");
  return `user_${shortHash(request.user)}`;
}

function writeMetadata({ metadata }: IrRequest, writing: Writing): WireRequest["metadata"] | undefined {
  if (metadata === null) return undefined;
  const entries = Object.entries(metadata);
  const isFit = entries.every(([name, value]) => name.length <= LABEL_CHARS_MAX && value.length <= VALUE_CHARS_MAX);
  if (isFit && entries.length <= ENTRIES_MAX) return { ...metadata };
  writing.losses.drop("metadata", "the provider takes 16 entries of 64 and 512 characters");
  return undefined;
}

function writeTier(tier: string | null, writing: Writing): string | undefined {
  if (tier === null || tier === "auto") return undefined; // the default everywhere
  if (TIERS.has(tier)) return tier;
  writing.losses.drop("service_tier", "the provider has no such tier");
  return undefined;
}

const MAX_TOKENS_MIN = 16;
const ENTRIES_MAX = 16;
const LABEL_CHARS_MAX = 64;
const VALUE_CHARS_MAX = 512;
const TIERS: ReadonlySet<string> = new Set(["default", "flex", "scale", "priority"]);
const PLAIN_USER = /^[a-zA-Z0-9_-]{6,64}$/;
