/** A complete answer, read. A prompt that was refused has no candidates and is an answer all the same. */

import type { WithLosses } from "../../ir/loss.ts";
import { type Extras, type IrBlock, NO_EXTRAS, NO_SPELLING } from "../../ir/request.ts";
import type { IrChoice, IrResponse } from "../../ir/response.ts";
import { sha256Hex } from "../../std/digest.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { readIndex } from "../shared/members.ts";
import { BROKEN_CALL, isBrokenCall, readBlocked, readFinish } from "./finish.ts";
import { isPlainGrounding, readCitations } from "./grounding.ts";
import { createIdBook } from "./id-book.ts";
import { extrasOf, isAnything, isEmpty, isText, needList, type Shape, spelled, spelledObject } from "./members.ts";
import { withOwnName } from "./names.ts";
import { type IdBook, readParts } from "./part-reader.ts";
import { withSealsInPlace } from "./thought-joiner.ts";
import { readServiceTier, readUsage, readUsageExtras } from "./usage.ts";
import { type AnswerName, type CandidateName, PROTOCOL } from "./wire.ts";

export function readResponse(given: JsonObject): WithLosses<IrResponse> {
  const body = spelled(given);
  if (asObject(body["error"]) !== undefined) throw new WireError("The answer is an error.");
  const blocked = readBlockReason(body);
  const candidates = asArray(body["candidates"]) ?? [];
  if (candidates.length === 0 && blocked === null) throw new WireError("The answer has no candidates.");
  const ids = createIdBook(asText(body["responseId"]) ?? sha256Hex(JSON.stringify(body)));
  const choices = candidates.map((candidate, index) => readCandidate(candidate, index, ids));
  if (isOnlyBroken(choices)) throw new WireError(BROKEN_CALL);
  return {
    value: {
      sourceProtocol: PROTOCOL,
      id: asText(body["responseId"]) ?? null,
      model: readModel(body),
      createdMs: readCreated(body),
      choices: choices.length > 0 || blocked === null ? choices : [blockedChoice(blocked)],
      usage: readUsage(body["usageMetadata"]),
      serviceTier: readServiceTier(body["usageMetadata"]),
      extras: readAnswerExtras(body),
      spelling: NO_SPELLING,
    },
    losses: [],
  };
}

/** A call that is none, and nothing that could be shown or done. */
function isOnlyBroken(choices: readonly IrChoice[]): boolean {
  if (!choices.some(({ finish }) => isBrokenCall(finish?.raw ?? ""))) return false;
  return choices.every(({ blocks }) =>
    blocks.every((block) => block.type === "reasoning" || (block.type === "text" && block.text === "")),
  );
}

export function readModel(body: JsonObject): string | null {
  const model = asText(body["modelVersion"]);
  return model === undefined || model === "" ? null : model;
}

export function readCreated(body: JsonObject): number | null {
  const created = Date.parse(asText(body["createTime"]) ?? "");
  return Number.isFinite(created) ? created : null;
}

/** Null: the prompt was not refused. */
export function readBlockReason(body: JsonObject): string | null {
  const reason = asText(spelledObject(body["promptFeedback"])?.["blockReason"]) ?? "";
  return reason === "" || reason === "BLOCKED_REASON_UNSPECIFIED" ? null : reason;
}

function blockedChoice(reason: string): IrChoice {
  return {
    index: 0,
    blocks: [],
    finish: readBlocked(reason),
    logprobs: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
}

function readCandidate(value: unknown, position: number, ids: IdBook): IrChoice {
  const candidate = spelledObject(value);
  if (candidate === undefined) throw new WireError(`candidates[${position}] must be an object.`);
  const path = `candidates[${position}].content.parts`;
  const parts = needList(spelledObject(candidate["content"])?.["parts"], path);
  const blocks = withSealsInPlace(readParts(parts, path, ids).map(withOwnName));
  const finish = asText(candidate["finishReason"]);
  return {
    index: readIndex(candidate["index"], position),
    blocks: cite(blocks, candidate["groundingMetadata"]),
    finish:
      finish === undefined
        ? null
        : readFinish(
            finish,
            blocks.some((block) => block.type === "tool-call"),
          ),
    logprobs: asObject(candidate["logprobsResult"]) ?? null,
    extras: readCandidateExtras(candidate),
    spelling: NO_SPELLING,
  };
}

/** The last text is what rests on the sources; places are known where it is the only one. */
function cite(blocks: readonly IrBlock[], grounding: unknown): readonly IrBlock[] {
  if (grounding === undefined) return blocks;
  const index = blocks.findLastIndex((block) => block.type === "text");
  const cited = blocks[index];
  if (cited?.type !== "text") return blocks;
  const isOnly = blocks.every((block, place) => block.type !== "text" || place === index);
  const citations = readCitations(grounding, isOnly ? cited.text : null);
  return blocks.with(index, { ...cited, citations });
}

/** Ratings that let everything pass are on every answer of some models and say nothing. */
const isCalm = (value: unknown): boolean =>
  (asArray(value) ?? [{}]).every((each) => {
    const rating = asObject(each) ?? {};
    return rating["blocked"] !== true && /^(NEGLIGIBLE|LOW)$/.test(asText(rating["probability"]) ?? "");
  });
const isCalmFeedback = (value: unknown): boolean => {
  const feedback = spelledObject(value) ?? {};
  return Object.keys(feedback).every((name) => name === "safetyRatings") && isCalm(feedback["safetyRatings"] ?? []);
};

const CANDIDATE_SHAPE = {
  content: isAnything,
  finishReason: isText,
  index: isAnything,
  logprobsResult: (value) => asObject(value) !== undefined,
  safetyRatings: isCalm,
  groundingMetadata: isPlainGrounding,
  // Averages and sums of what is said elsewhere.
  avgLogprobs: isAnything,
  tokenCount: isAnything,
} as const satisfies Partial<Record<CandidateName, Shape[string]>>;

export function readCandidateExtras(candidate: JsonObject): Extras {
  return extrasOf(candidate, CANDIDATE_SHAPE);
}

const ANSWER_SHAPE = {
  candidates: isAnything,
  createTime: isText,
  modelVersion: isText,
  responseId: isText,
  usageMetadata: isAnything,
  promptFeedback: isCalmFeedback,
} as const satisfies Partial<Record<AnswerName, Shape[string]>>;

/** Members of an answer beyond the shared ones; under `usageMetadata` what its counters do not carry. */
export function readAnswerExtras(body: JsonObject): Extras {
  const extras = extrasOf(body, ANSWER_SHAPE);
  const usage = readUsageExtras(body["usageMetadata"]);
  return isEmpty(usage) ? extras : { ...extras, usageMetadata: usage };
}
