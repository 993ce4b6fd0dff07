/**
 * Where a request or an answer shows a feature: what must be the same on both sides of a pair for the feature to have
 * crossed. null: it shows nothing of it. A feature a protocol calls "yes" must be shown by some case of the corpus.
 */
import type { IrBlock, IrRequest, IrTool } from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { inputTokens } from "../../src/ir/usage.ts";
import { asObject, parseExact } from "../../src/std/json.ts";
import type { FeatureId } from "./features/feature.ts";

interface Evidence {
  readonly request?: (request: IrRequest) => unknown;
  readonly response?: (response: IrResponse) => unknown;
}

/** What a request shows of a feature; null: nothing. */
export function shownByRequest(feature: FeatureId, request: IrRequest): unknown {
  return something(EVIDENCE[feature].request?.(request));
}

export function shownByResponse(feature: FeatureId, response: IrResponse): unknown {
  return something(EVIDENCE[feature].response?.(response));
}

/** Whether such a message can show the feature at all. */
export function hasEvidence(feature: FeatureId, side: keyof Evidence): boolean {
  return EVIDENCE[feature][side] !== undefined;
}

function something(value: unknown): unknown {
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return null;
  return value;
}

const blocksOf = (request: IrRequest): IrBlock[] => request.turns.flatMap((turn) => turn.blocks);
const answered = (response: IrResponse): IrBlock[] => response.choices.flatMap((choice) => choice.blocks);

/** Each block of these types, said by `tell`; null says nothing. */
function each<T extends IrBlock["type"]>(
  blocks: readonly IrBlock[],
  type: T,
  tell: (block: Extract<IrBlock, { type: T }>) => unknown,
): unknown[] {
  const isOne = (block: IrBlock): block is Extract<IrBlock, { type: T }> => block.type === type;
  return blocks.filter(isOne).flatMap((block) => something(tell(block)) ?? []);
}

const texts = (blocks: readonly IrBlock[]): string => each(blocks, "text", (block) => block.text).join("\n");
const inResults = (request: IrRequest): IrBlock[] =>
  blocksOf(request).flatMap((block) => (block.type === "tool-result" ? block.content : []));

function functions(request: IrRequest, tell: (tool: Extract<IrTool, { type: "function" }>) => unknown): unknown[] {
  return request.tools.flatMap((tool) => (tool.type === "function" ? (something(tell(tool)) ?? []) : []));
}

/** Words of JSON Schema that not every vendor takes. */
const RICH = /"(\$ref|\$defs|anyOf|oneOf|allOf|const|pattern|format)"/;
const isRich = (schema: unknown): boolean => RICH.test(JSON.stringify(schema ?? null));

const outside = (request: IrRequest, names: readonly string[]): string[] =>
  Object.keys(request.extras).filter((name) => names.includes(name));

/** Ids by the order in which they first appear: which result belongs to which call. */
function ties(request: IrRequest): unknown[] {
  const seen: string[] = [];
  const ordinal = (id: string): number => {
    if (!seen.includes(id)) seen.push(id);
    return seen.indexOf(id);
  };
  return blocksOf(request).flatMap((block) => {
    if (block.type === "tool-call") return [["call", block.name, ordinal(block.id)]];
    return block.type === "tool-result" ? [["result", ordinal(block.callId)]] : [];
  });
}

function seals(blocks: readonly IrBlock[]): unknown[] {
  return blocks.flatMap((block) => {
    if (block.type === "reasoning") return block.encrypted ?? block.signature ?? [];
    return block.type === "tool-call" ? (block.signature ?? []) : [];
  });
}

/** Text that is JSON, or several texts: what a result says beside one plain sentence. */
const resultTexts = (request: IrRequest): unknown[] =>
  blocksOf(request).flatMap((block) =>
    block.type === "tool-result" && block.content.length > 0 ? [jsonOr(texts(block.content))] : [],
  );

function jsonOr(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}

const STATE = [
  "store",
  "previous_response_id",
  "conversation",
  "container",
  "background",
  "cachedContent",
  "documents",
];
const SAFETY = ["safetySettings", "guardrailConfig", "safety_mode", "safety_identifier"];
const MODALITIES = ["modalities", "audio", "responseModalities", "speechConfig", "generationConfig"];

const isVideo = (block: IrBlock): boolean =>
  (block.type === "opaque" && /video/.test(JSON.stringify([block.name, block.value]))) ||
  (block.type === "document" && "mediaType" in block.source && (block.source.mediaType ?? "").startsWith("video/"));

const DOCUMENT_SOURCES = {
  documents: ["base64"],
  "documents-by-address": ["url", "file"],
  "documents-as-text": ["text", "blocks"],
} as const;

function documents(request: IrRequest, feature: keyof typeof DOCUMENT_SOURCES): unknown[] {
  const kinds: readonly string[] = DOCUMENT_SOURCES[feature];
  return each(blocksOf(request), "document", ({ source, title, context }) =>
    kinds.includes(source.kind) ? [{ source, title, context }] : null,
  );
}

const EVIDENCE: Readonly<Record<FeatureId, Evidence>> = {
  system: {
    request: (request) => request.instructions.flatMap(({ blocks }) => something(texts(blocks)) ?? []).join("\n"),
  },
  "system-between": {
    request: ({ turns }) =>
      turns.flatMap(({ role, blocks }) => (role === "system" || role === "developer" ? [texts(blocks)] : [])),
  },
  text: { request: (request) => texts(blocksOf(request)), response: (response) => texts(answered(response)) },
  images: { request: (request) => each(blocksOf(request), "image", ({ source }) => [source]) },
  "image-detail": { request: (request) => each(blocksOf(request), "image", ({ detail }) => detail) },
  "images-in-results": {
    request: (request) => [
      ...each(inResults(request), "image", ({ source }) => [source]),
      ...each(inResults(request), "document", ({ source }) => [source]),
    ],
  },
  documents: { request: (request) => documents(request, "documents") },
  "documents-by-address": { request: (request) => documents(request, "documents-by-address") },
  "documents-as-text": { request: (request) => documents(request, "documents-as-text") },
  audio: { request: (request) => each(blocksOf(request), "audio", ({ source }) => [source]) },
  video: { request: (request) => blocksOf(request).filter(isVideo) },
  tools: {
    request: (request) => [
      ...functions(request, ({ name, description, parameters }) => [{ name, description, parameters }]),
      ...each(blocksOf(request), "tool-call", ({ name, arguments: said }) => [[name, jsonOr(said)]]),
    ],
    response: (response) =>
      each(answered(response), "tool-call", ({ name, arguments: said }) => [[name, jsonOr(said)]]),
  },
  "tool-schema": {
    request: (request) => functions(request, (tool) => (isRich(tool.parameters) ? [tool.parameters] : null)),
  },
  "tool-strict": { request: (request) => functions(request, ({ strict }) => (strict === true ? [strict] : null)) },
  "free-text-tools": {
    request: ({ tools }) =>
      tools.flatMap((tool) => (tool.type === "custom" ? [{ name: tool.name, format: tool.format }] : [])),
  },
  "server-tools": {
    request: (request) => [
      ...request.tools.flatMap((tool) => (tool.type === "opaque" ? [tool.value] : [])),
      ...each(blocksOf(request), "opaque", (block) => (isVideo(block) ? null : [block.value])),
    ],
  },
  "tool-choice": {
    request: ({ toolChoice }) =>
      toolChoice === null || toolChoice.kind === "allowed" || toolChoice.kind === "auto" ? null : toolChoice,
  },
  "tool-choice-subset": { request: ({ toolChoice }) => (toolChoice?.kind === "allowed" ? toolChoice : null) },
  "parallel-calls": {
    request: ({ parallelToolCalls }) => (parallelToolCalls === false ? [false] : null),
    response: (response) => {
      const names = each(answered(response), "tool-call", ({ name }) => name);
      return names.length > 1 ? names : null;
    },
  },
  "tool-ids": { request: ties },
  "tool-errors": {
    request: (request) => each(blocksOf(request), "tool-result", ({ isError }) => (isError === true ? [true] : null)),
  },
  "tool-results-json": { request: resultTexts },
  "reasoning-effort": {
    // That the model shall decide, or not think at all, is the least and the most of efforts.
    request: ({ reasoning }) => reasoning?.effort ?? (reasoning?.mode === "enabled" ? null : reasoning?.mode),
  },
  "reasoning-budget": {
    request: ({ reasoning }) => reasoning?.budgetTokens ?? (reasoning?.mode === "enabled" ? reasoning.mode : null),
  },
  "reasoning-text": {
    request: (request) => [
      ...each(blocksOf(request), "reasoning", ({ text }) => text),
      ...(request.reasoning?.display == null ? [] : [request.reasoning.display]),
    ],
    response: (response) => each(answered(response), "reasoning", ({ text }) => text),
  },
  "reasoning-signatures": {
    request: (request) => seals(blocksOf(request)),
    response: (response) => seals(answered(response)),
  },
  citations: {
    request: (request) => [
      ...each(blocksOf(request), "text", ({ citations }) => citations.map(({ url, title }) => ({ url, title }))),
      ...each(blocksOf(request), "document", ({ citations }) => (citations === true ? [citations] : null)),
    ],
    response: (response) =>
      each(answered(response), "text", ({ citations }) => citations.map(({ url, title }) => ({ url, title }))),
  },
  refusals: {
    request: (request) => each(blocksOf(request), "refusal", ({ text }) => text),
    response: (response) => each(answered(response), "refusal", ({ text }) => text),
  },
  "json-schema": { request: ({ outputFormat }) => (outputFormat?.kind === "json-schema" ? outputFormat.schema : null) },
  "json-mode": { request: ({ outputFormat }) => (outputFormat?.kind === "json" ? outputFormat : null) },
  "output-limit": { request: ({ maxOutputTokens }) => maxOutputTokens },
  temperature: { request: ({ sampling }) => sampling.temperature },
  "top-p": { request: ({ sampling }) => sampling.topP },
  "top-k": { request: ({ sampling }) => sampling.topK },
  seed: { request: ({ sampling }) => sampling.seed },
  penalties: {
    request: ({ sampling: { presencePenalty, frequencyPenalty } }) =>
      presencePenalty === null && frequencyPenalty === null ? null : [presencePenalty, frequencyPenalty],
  },
  logprobs: { request: ({ logprobs }) => logprobs },
  choices: {
    request: ({ choices }) => (choices !== null && choices > 1 ? choices : null),
    response: ({ choices }) => (choices.length > 1 ? choices.map(({ blocks }) => texts(blocks)) : null),
  },
  stop: { request: ({ stop }) => stop },
  "stop-met": { response: ({ choices }) => choices.flatMap(({ finish }) => finish?.stopSequence ?? []) },
  "cache-marks": {
    request: (request) =>
      [...request.instructions, ...request.turns]
        .flatMap(({ blocks }) => blocks)
        .concat()
        .flatMap((block) => ("cache" in block && block.cache !== null ? [block.cache] : [])),
  },
  user: { request: ({ user }) => user },
  metadata: { request: ({ metadata }) => metadata },
  names: { request: ({ turns }) => turns.flatMap(({ name }) => name ?? []) },
  "service-tier": { request: ({ serviceTier }) => (serviceTier === "auto" ? null : serviceTier) },
  state: { request: (request) => outside(request, STATE) },
  "safety-settings": { request: (request) => outside(request, SAFETY) },
  "output-modalities": { request: (request) => outside(request, MODALITIES) },
  usage: {
    response: ({ usage }) =>
      usage === null || usage.outputTokens === null
        ? null
        : [inputTokens(usage), usage.cacheReadTokens ?? 0, usage.outputTokens, usage.reasoningTokens ?? 0],
  },
  finish: { response: ({ choices }) => choices.flatMap(({ finish }) => finish?.reason ?? []) },
  "own-members": {
    request: ({ extras }) => (asObject(extras) !== undefined && Object.keys(extras).length > 0 ? extras : null),
  },
};
