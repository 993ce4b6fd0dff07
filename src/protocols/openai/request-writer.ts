/**
 * A request of the IR into a Chat Completions body, from whatever protocol it was read. A request of this protocol
 * keeps its spelling. One of another protocol is fitted to what the vendor takes, and every cut is a loss.
 */

import type { WithLosses } from "../../ir/loss.ts";
import type { IrOutputFormat, IrRequest, IrSampling } from "../../ir/request.ts";
import { asNumber, asObject, type JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { withoutUndefined } from "../shared/members.ts";
import { writeStrictness, writeTier, writeUser, writeWithin } from "../shared/openai/options.ts";
import { settleCalls } from "../shared/settle-calls.ts";
import { createWriteContext, type WriteContext, writeExtras } from "../shared/write-context.ts";
import { writeMessages } from "./message-writer.ts";
import { writeReasoning } from "./reasoning.ts";
import { writeTools } from "./tool-writer.ts";
import { PROTOCOL } from "./wire.ts";

export function writeRequest(asked: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const context = createWriteContext(asked, { protocol: PROTOCOL, dialect: options.dialect });
  const request = context.native ? asked : settleCalls(asked, context.losses);
  const value = withoutUndefined({
    model: options.upstreamModel,
    messages: writeMessages(request, context),
    ...(request.stream ? { stream: true, stream_options: streamOptions(request, context) } : {}),
    ...writeTools(request, context),
    ...writeMaxTokens(request, options, context),
    ...writeSampling(request.sampling, request, context),
    stop: writeStop(request, context),
    ...writeReasoningMembers(request, context),
    response_format: writeFormat(request.outputFormat, context),
    n: request.choices ?? undefined,
    ...(request.logprobs === null ? {} : { logprobs: true, top_logprobs: request.logprobs.top ?? undefined }),
    ...writeUserMembers(request, context),
    metadata: writeMetadata(request, context),
    service_tier: writeTier(request.serviceTier, context),
    prompt_cache_key: context.native ? undefined : (options.sessionKey ?? undefined),
    ...writeExtras(request.extras, "", context),
  });
  return { value, losses: context.losses.list };
}

/** Usage is asked for where the server takes that; the stream writer keeps it from a client that did not ask. */
function streamOptions(request: IrRequest, { native, dialect }: WriteContext): JsonObject | undefined {
  const asked = native ? asObject(request.spelling["stream_options"]) : undefined;
  return dialect.streamUsage ? { ...asked, include_usage: true } : asked;
}

/** The names the client used; else the one the model takes. */
function writeMaxTokens(request: IrRequest, options: WriteRequestOptions, context: WriteContext): JsonObject {
  const asked = request.maxOutputTokens;
  if (asked === null) return {};
  const limit = options.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  if (asked > limit) context.losses.clamp("max_tokens", `the model gives at most ${limit}`);
  const tokens = Math.min(asked, limit);
  if (!context.native) return { [context.dialect.outputLimit]: tokens };
  const older = asNumber(request.spelling["max_tokens"]);
  const newer = asNumber(request.spelling["max_completion_tokens"]);
  return {
    max_tokens: older === undefined ? undefined : Math.min(older, limit),
    max_completion_tokens: newer === undefined ? undefined : tokens,
  };
}

function writeSampling(sampling: IrSampling, request: IrRequest, context: WriteContext): JsonObject {
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = sampling;
  if (topK !== null && !context.native) context.losses.drop("top_k", "the provider has no such setting");
  return {
    temperature: writeWithin("temperature", temperature, [0, 2], context),
    top_p: writeWithin("top_p", topP, [0, 1], context),
    top_k: context.native ? (topK ?? undefined) : undefined,
    seed: (context.native ? request.spelling["seed"] : undefined) ?? seed ?? undefined,
    presence_penalty: writeWithin("presence_penalty", presencePenalty, [-2, 2], context),
    frequency_penalty: writeWithin("frequency_penalty", frequencyPenalty, [-2, 2], context),
  };
}

function writeStop(request: IrRequest, context: WriteContext): string | readonly string[] | undefined {
  const { stop } = request;
  if (context.native && typeof request.spelling["stop"] === "string") return request.spelling["stop"];
  if (stop.length === 0) return undefined;
  if (context.native || stop.length <= STOPS_MAX) return stop;
  context.losses.clamp("stop", `the provider takes ${STOPS_MAX}`);
  return stop.slice(0, STOPS_MAX);
}

function writeReasoningMembers(request: IrRequest, context: WriteContext): JsonObject {
  if (context.native) {
    return { reasoning_effort: request.spelling["reasoning_effort"], reasoning: request.spelling["reasoning"] };
  }
  if (request.reasoning === null) return {};
  return writeReasoning(request.reasoning, context.dialect, context.losses);
}

function writeFormat(format: IrOutputFormat | null, context: WriteContext): JsonObject | undefined {
  if (format === null) return undefined;
  switch (format.kind) {
    case "text":
      return context.native ? { type: "text" } : undefined;
    case "json":
      return { type: "json_object" };
    case "json-schema": {
      const name = format.name ?? (context.native ? undefined : "response");
      const definition = {
        name,
        description: format.description ?? undefined,
        schema: format.schema ?? undefined,
        strict: format.strict ?? (context.native ? undefined : writeStrictness(format.schema, context) || undefined),
      };
      return { type: "json_schema", json_schema: withoutUndefined(definition) };
    }
  }
}

function writeUserMembers({ spelling, user }: IrRequest, context: WriteContext): JsonObject {
  if (context.native) return { user: spelling["user"], safety_identifier: spelling["safety_identifier"] };
  return { user: writeUser(user, context) };
}

/** The vendor refuses metadata without `store`. */
function writeMetadata(request: IrRequest, context: WriteContext): IrRequest["metadata"] | undefined {
  if (request.metadata === null || context.native) return request.metadata ?? undefined;
  context.losses.drop("metadata", "the provider takes it only with answers it stores");
  return undefined;
}

const STOPS_MAX = 4;
