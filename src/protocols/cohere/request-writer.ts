/**
 * A request of the IR into a Chat body, from whatever protocol it was read. A request of this protocol keeps its
 * spelling. One of another protocol is fitted to what the vendor takes, and every cut is a loss.
 */

import type { WithLosses } from "../../ir/loss.ts";
import type { IrRequest } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { withoutUndefined } from "../shared/members.ts";
import { settleCalls } from "../shared/settle-calls.ts";
import { writeExtras } from "../shared/write-context.ts";
import { writeMessages } from "./message-writer.ts";
import { loseOthers, writeFormat, writeSampling, writeStop, writeThinking } from "./options-writer.ts";
import { writeTools } from "./tool-writer.ts";
import { type ChatContext, createChatContext } from "./write-context.ts";

export function writeRequest(asked: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject> {
  const context = createChatContext(asked, options);
  const request = context.native ? asked : settleCalls(asked, context.losses);
  const { native } = context;
  const maxTokens = writeMaxTokens(request, options, context);
  const messages = writeMessages(request, context);
  const documents = context.documents ?? [];
  const value = withoutUndefined({
    model: options.upstreamModel,
    messages,
    stream: request.stream ? true : native ? request.spelling["stream"] : undefined,
    ...writeTools(request, context),
    documents: documents.length > 0 ? documents : native ? request.spelling["documents"] : undefined,
    max_tokens: maxTokens ?? undefined,
    ...(native ? ownOptions(request) : foreignOptions(request, maxTokens, context)),
    ...writeExtras(request.extras, "", context),
  });
  return { value, losses: context.losses.list };
}

function ownOptions({ sampling, spelling, logprobs }: IrRequest): JsonObject {
  return {
    temperature: sampling.temperature ?? undefined,
    p: sampling.topP ?? undefined,
    k: sampling.topK ?? undefined,
    seed: spelling["seed"] ?? sampling.seed ?? undefined,
    presence_penalty: sampling.presencePenalty ?? undefined,
    frequency_penalty: sampling.frequencyPenalty ?? undefined,
    stop_sequences: spelling["stop_sequences"],
    thinking: spelling["thinking"],
    response_format: spelling["response_format"],
    citation_options: spelling["citation_options"],
    logprobs: spelling["logprobs"] ?? (logprobs === null ? undefined : true),
  };
}

function foreignOptions(request: IrRequest, maxTokens: number | null, context: ChatContext): JsonObject {
  loseOthers(request, context);
  return {
    ...writeSampling(request.sampling, context),
    stop_sequences: writeStop(request.stop, context),
    thinking: writeThinking(request.reasoning, maxTokens, context),
    response_format: writeFormat(request.outputFormat, context),
    logprobs: request.logprobs === null ? undefined : true,
  };
}

/** The vendor's default is the most the model gives, so nothing is written where nothing was asked. */
function writeMaxTokens(request: IrRequest, options: WriteRequestOptions, context: ChatContext): number | null {
  const asked = request.maxOutputTokens;
  const limit = options.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  if (asked === null || asked <= limit) return asked;
  context.losses.clamp("max_tokens", `the model gives at most ${limit}`);
  return limit;
}
