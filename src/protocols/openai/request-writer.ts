/**
 * The request in between into a Chat Completions body, from whatever protocol it was read. What came from this protocol
 * goes back as it was spelled; what came from another is fitted to what the vendor takes, and every cut is a loss.
 */
import type { WithLosses } from "../../ir/loss.ts";
import type { IrOutputFormat, IrRequest, IrSampling } from "../../ir/request.ts";
import { asNumber, asObject, type JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { createLosses } from "../shared/losses.ts";
import { isStrictSchema } from "../shared/schema/strict.ts";
import { ORIGIN, withoutUndefined } from "./extras.ts";
import { writeMessages } from "./message-writer.ts";
import { shortHash } from "./names.ts";
import { extrasOf, type Writing } from "./part-writer.ts";
import { isNewModel, writeEffort } from "./reasoning.ts";
import { writeTools } from "./tool-writer.ts";

export function writeRequest(request: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const writing: Writing = { native: request.sourceProtocol === ORIGIN, losses: createLosses() };
  const value = withoutUndefined({
    model: options.upstreamModel,
    messages: writeMessages(request, writing),
    // Usage is always asked for; the stream writer keeps it from a client that did not.
    ...(request.stream ? { stream: true, stream_options: streamOptions(request) } : {}),
    ...writeTools(request, writing),
    ...writeMaxTokens(request, options, writing),
    ...writeSampling(request.sampling, request, writing),
    stop: writeStop(request, writing),
    ...writeReasoning(request, options, writing),
    response_format: writeFormat(request.outputFormat, writing),
    n: request.choices ?? undefined,
    ...(request.logprobs === null ? {} : { logprobs: true, top_logprobs: request.logprobs.top ?? undefined }),
    ...writeUser(request, writing),
    metadata: writeMetadata(request, writing),
    service_tier: writeTier(request.serviceTier, writing),
    ...extrasOf(request.extras, "", writing),
  });
  return { value, losses: writing.losses.list };
}

function streamOptions(request: IrRequest): JsonObject {
  const asked = request.sourceProtocol === ORIGIN ? asObject(request.extras["stream_options"]) : undefined;
  return { ...asked, include_usage: true };
}

/** The names the client used; else the one the model takes. */
function writeMaxTokens(request: IrRequest, options: WriteRequestOptions, writing: Writing): JsonObject {
  const asked = request.maxOutputTokens;
  if (asked === null) return {};
  const limit = options.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  if (asked > limit) writing.losses.clamp("max_tokens", `the model gives at most ${limit}`);
  const tokens = Math.min(asked, limit);
  if (!writing.native) {
    return isNewModel(options.upstreamModel) ? { max_completion_tokens: tokens } : { max_tokens: tokens };
  }
  const older = asNumber(request.extras["max_tokens"]);
  const newer = asNumber(request.extras["max_completion_tokens"]);
  return {
    max_tokens: older === undefined ? undefined : Math.min(older, limit),
    max_completion_tokens: newer === undefined ? undefined : tokens,
  };
}

function writeSampling(sampling: IrSampling, request: IrRequest, writing: Writing): JsonObject {
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = sampling;
  if (topK !== null && !writing.native) writing.losses.drop("top_k", "the provider has no such setting");
  return {
    temperature: within("temperature", temperature, 0, 2, writing),
    top_p: within("top_p", topP, 0, 1, writing),
    top_k: writing.native ? (topK ?? undefined) : undefined,
    seed: (writing.native ? request.extras["seed"] : undefined) ?? seed ?? undefined,
    presence_penalty: within("presence_penalty", presencePenalty, -2, 2, writing),
    frequency_penalty: within("frequency_penalty", frequencyPenalty, -2, 2, writing),
  };
}

function within(field: string, value: number | null, min: number, max: number, writing: Writing): number | undefined {
  if (value === null) return undefined;
  if (writing.native || (value >= min && value <= max)) return value;
  writing.losses.clamp(field, `the provider takes ${min} to ${max}`);
  return Math.min(max, Math.max(min, value));
}

function writeStop(request: IrRequest, writing: Writing): string | readonly string[] | undefined {
  const { stop } = request;
  if (writing.native && typeof request.extras["stop"] === "string") return request.extras["stop"];
  if (stop.length === 0) return undefined;
  if (writing.native || stop.length <= STOPS_MAX) return stop;
  writing.losses.clamp("stop", `the provider takes ${STOPS_MAX}`);
  return stop.slice(0, STOPS_MAX);
}

function writeReasoning(request: IrRequest, options: WriteRequestOptions, writing: Writing): JsonObject {
  if (writing.native) {
    return { reasoning_effort: request.extras["reasoning_effort"], reasoning: request.extras["reasoning"] };
  }
  if (request.reasoning === null) return {};
  const { effort, losses } = writeEffort(request.reasoning, options.upstreamModel);
  for (const loss of losses) writing.losses.add(loss);
  return { reasoning_effort: effort ?? undefined };
}

function writeFormat(format: IrOutputFormat | null, writing: Writing): JsonObject | undefined {
  if (format === null) return undefined;
  switch (format.kind) {
    case "text":
      return writing.native ? { type: "text" } : undefined;
    case "json":
      return { type: "json_object" };
    case "json-schema": {
      const name = format.name ?? (writing.native ? undefined : "response");
      const definition = {
        name,
        description: format.description ?? undefined,
        schema: format.schema ?? undefined,
        strict: format.strict ?? (writing.native ? undefined : strictness(format.schema, writing)),
      };
      return { type: "json_schema", json_schema: withoutUndefined(definition) };
    }
  }
}

/** Protocols without the flag always hold the answer to the schema; here only a schema of a certain form can be held to. */
function strictness(schema: unknown, writing: Writing): true | undefined {
  if (isStrictSchema(schema)) return true;
  writing.losses.approximate("response_format", "the provider holds to this schema only loosely");
  return undefined;
}

/** The vendor takes 64 characters, some compatible ones only plain ones: a longer or odder id is replaced by its hash. */
function writeUser(request: IrRequest, writing: Writing): JsonObject {
  if (writing.native) return { user: request.extras["user"], safety_identifier: request.extras["safety_identifier"] };
  if (request.user === null) return {};
  if (PLAIN_USER.test(request.user)) return { user: request.user };
  writing.losses.approximate("user", "written as its hash: it is too long or has odd characters");
  return { user: `user_${shortHash(request.user)}` };
}

/** The vendor refuses metadata without `store`. */
function writeMetadata(request: IrRequest, writing: Writing): IrRequest["metadata"] | undefined {
  if (request.metadata === null || writing.native) return request.metadata ?? undefined;
  writing.losses.drop("metadata", "the provider takes it only with answers it stores");
  return undefined;
}

function writeTier(tier: string | null, writing: Writing): string | undefined {
  if (tier === null || writing.native) return tier ?? undefined;
  if (tier === "auto") return undefined; // the default everywhere
  if (TIERS.has(tier)) return tier;
  writing.losses.drop("service_tier", "the provider has no such tier");
  return undefined;
}

const STOPS_MAX = 4;
const TIERS: ReadonlySet<string> = new Set(["default", "flex", "scale", "priority"]);
const PLAIN_USER = /^[a-zA-Z0-9_-]{6,64}$/;
