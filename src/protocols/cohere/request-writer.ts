/**
 * The request in between into a Chat body, from whatever protocol it was read. What came from this protocol goes back as
 * it was spelled; what came from another is fitted to what the vendor takes, and every cut is a loss.
 */
import type { WithLosses } from "../../ir/loss.ts";
import type { IrRequest } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { withoutUndefined } from "../shared/extras.ts";
import { createLosses } from "../shared/losses.ts";
import { writeMessages } from "./message-writer.ts";
import { rulesOf } from "./model-rules.ts";
import { loseOthers, writeFormat, writeSampling, writeStop, writeThinking } from "./options-writer.ts";
import { extrasOf, type Writing } from "./part-writer.ts";
import { writeTools } from "./tool-writer.ts";
import { ORIGIN } from "./wire.ts";

export function writeRequest(request: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const native = request.sourceProtocol === ORIGIN;
  const writing: Writing = {
    native,
    rules: rulesOf(options.upstreamModel),
    losses: createLosses(),
    documents: native || mayCite(request) ? [] : null,
  };
  const maxTokens = writeMaxTokens(request, options, writing);
  const messages = writeMessages(request, writing);
  const documents = writing.documents ?? [];
  const value = withoutUndefined({
    model: options.upstreamModel,
    messages,
    stream: request.stream ? true : native ? request.extras["stream"] : undefined,
    ...writeTools(request, writing),
    documents: documents.length > 0 ? documents : native ? request.extras["documents"] : undefined,
    max_tokens: maxTokens ?? undefined,
    ...(native ? ownOptions(request) : foreignOptions(request, maxTokens, writing)),
    ...extrasOf(request.extras, "", writing),
  });
  return { value, losses: writing.losses.list };
}

/** The vendor refuses a form of the answer beside documents, and a safety mode beside tools or documents. */
function mayCite(request: IrRequest): boolean {
  const { outputFormat, tools } = request;
  return tools.length === 0 && (outputFormat === null || outputFormat.kind === "text");
}

function ownOptions({ sampling, extras, logprobs }: IrRequest): JsonObject {
  return {
    temperature: sampling.temperature ?? undefined,
    p: sampling.topP ?? undefined,
    k: sampling.topK ?? undefined,
    seed: extras["seed"] ?? sampling.seed ?? undefined,
    presence_penalty: sampling.presencePenalty ?? undefined,
    frequency_penalty: sampling.frequencyPenalty ?? undefined,
    stop_sequences: extras["stop_sequences"],
    thinking: extras["thinking"],
    response_format: extras["response_format"],
    citation_options: extras["citation_options"],
    logprobs: extras["logprobs"] ?? (logprobs === null ? undefined : true),
  };
}

function foreignOptions(request: IrRequest, maxTokens: number | null, writing: Writing): JsonObject {
  loseOthers(request, writing);
  return {
    ...writeSampling(request.sampling, writing),
    stop_sequences: writeStop(request.stop, writing),
    thinking: writeThinking(request.reasoning, maxTokens, writing),
    response_format: writeFormat(request.outputFormat, writing),
    logprobs: request.logprobs === null ? undefined : true,
  };
}

/** The vendor's default is the most the model gives, so nothing is written where nothing was asked. */
function writeMaxTokens(request: IrRequest, options: WriteRequestOptions, writing: Writing): number | null {
  const asked = request.maxOutputTokens;
  const limit = options.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  if (asked === null || asked <= limit) return asked;
  writing.losses.clamp("max_tokens", `the model gives at most ${limit}`);
  return limit;
}
