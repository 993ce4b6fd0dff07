/** Builders of requests, answers, events and keys. Every default stands here, so that a case says what it is about. */
import { NO_LIMITS, type VirtualKey } from "../../src/governance/keys.ts";
import type { IrEmbedRequest } from "../../src/ir/embed.ts";
import type { IrEvent, StartedBlock } from "../../src/ir/event.ts";
import {
  type AudioBlock,
  type DocumentBlock,
  type ImageBlock,
  type IrBlock,
  type IrCitation,
  type IrInstruction,
  type IrRequest,
  type IrTool,
  type IrTurn,
  NO_EXTRAS,
  NO_SAMPLING,
  NO_SPELLING,
  type ReasoningBlock,
  type RefusalBlock,
  type TextBlock,
  type ToolCallBlock,
  type ToolResultBlock,
} from "../../src/ir/request.ts";
import type { FinishReason, IrChoice, IrFinish, IrResponse } from "../../src/ir/response.ts";
import { UNKNOWN_USAGE, type Usage } from "../../src/ir/usage.ts";

export function request(over: Partial<IrRequest> = {}): IrRequest {
  return {
    sourceProtocol: "test",
    model: "pool",
    stream: false,
    instructions: [],
    turns: [user(text("Hello."))],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    maxOutputTokens: 256,
    sampling: NO_SAMPLING,
    stop: [],
    reasoning: null,
    outputFormat: null,
    choices: null,
    logprobs: null,
    user: null,
    metadata: null,
    serviceTier: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
}

export function text(value: string, over: Partial<TextBlock> = {}): TextBlock {
  return { type: "text", text: value, citations: [], cache: null, extras: NO_EXTRAS, spelling: NO_SPELLING, ...over };
}

export function refusal(value: string): RefusalBlock {
  return { type: "refusal", text: value, extras: NO_EXTRAS, spelling: NO_SPELLING };
}

/** A PNG of one pixel. */
export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

export function image(over: Partial<ImageBlock> = {}): ImageBlock {
  const source = { kind: "base64", mediaType: "image/png", data: PIXEL } as const;
  return { type: "image", source, detail: null, cache: null, extras: NO_EXTRAS, spelling: NO_SPELLING, ...over };
}

export function document(over: Partial<DocumentBlock> = {}): DocumentBlock {
  const source = { kind: "base64", mediaType: "application/pdf", data: "JVBERi0xLjQKJSVFT0YK" } as const;
  return {
    type: "document",
    source,
    title: null,
    context: null,
    citations: null,
    cache: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
}

export function audio(over: Partial<AudioBlock> = {}): AudioBlock {
  const source = { kind: "base64", mediaType: "audio/wav", data: "UklGRiQAAABXQVZF" } as const;
  return { type: "audio", source, format: "wav", transcript: null, extras: NO_EXTRAS, spelling: NO_SPELLING, ...over };
}

export function call(id: string, name: string, json: string, over: Partial<ToolCallBlock> = {}): ToolCallBlock {
  return {
    type: "tool-call",
    id,
    name,
    kind: "function",
    arguments: json,
    signature: null,
    cache: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
}

export function result(
  callId: string,
  content: readonly IrBlock[],
  over: Partial<ToolResultBlock> = {},
): ToolResultBlock {
  return {
    type: "tool-result",
    callId,
    name: null,
    content,
    wasString: false,
    isError: null,
    cache: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
}

export function reasoning(value: string, over: Partial<ReasoningBlock> = {}): ReasoningBlock {
  return {
    type: "reasoning",
    text: value,
    signature: null,
    encrypted: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
}

function turn(role: IrTurn["role"], blocks: readonly IrBlock[], over: Partial<IrTurn> = {}): IrTurn {
  return { role, blocks, wasString: false, name: null, extras: NO_EXTRAS, spelling: NO_SPELLING, ...over };
}

export const user = (...blocks: IrBlock[]): IrTurn => turn("user", blocks);
export const assistant = (...blocks: IrBlock[]): IrTurn => turn("assistant", blocks);
export const tool = (...blocks: IrBlock[]): IrTurn => turn("tool", blocks);
export const interjection = (role: "system" | "developer", value: string): IrTurn =>
  turn(role, [text(value)], { wasString: true });
export const named = (given: IrTurn, name: string): IrTurn => ({ ...given, name });

export function instruction(value: string, over: Partial<IrInstruction> = {}): IrInstruction {
  return { role: "system", blocks: [text(value)], wasString: true, extras: NO_EXTRAS, spelling: NO_SPELLING, ...over };
}

export const CITY_SCHEMA = {
  type: "object",
  properties: { city: { type: "string", description: "Name of the city" }, unit: { enum: ["c", "f"] } },
  required: ["city"],
  additionalProperties: false,
};

export function functionTool(name: string, over: Partial<Extract<IrTool, { type: "function" }>> = {}): IrTool {
  return {
    type: "function",
    name,
    description: "Tells the weather",
    parameters: CITY_SCHEMA,
    strict: null,
    cache: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
}

// ---------------------------------------------------------------- answers

export function usage(over: Partial<Usage> = {}): Usage {
  return { ...UNKNOWN_USAGE, freshInputTokens: 12, outputTokens: 7, ...over };
}

export function finish(reason: FinishReason, over: Partial<IrFinish> = {}): IrFinish {
  return { reason, raw: null, stopSequence: null, ...over };
}

export function choice(blocks: readonly IrBlock[], over: Partial<IrChoice> = {}): IrChoice {
  const calls = blocks.some((block) => block.type === "tool-call");
  return {
    index: 0,
    blocks,
    finish: finish(calls ? "tool-calls" : "stop"),
    logprobs: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
}

export function response(blocks: readonly IrBlock[], over: Partial<IrResponse> = {}): IrResponse {
  return {
    sourceProtocol: "test",
    id: "answer-1",
    model: "test-model-2026-01-01",
    createdMs: 1_767_225_600_000,
    choices: [choice(blocks)],
    usage: usage(),
    serviceTier: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
}

export function citation(over: Partial<IrCitation> = {}): IrCitation {
  return {
    kind: "url",
    url: "https://source.invalid/page",
    title: "A page",
    citedText: "the cited words",
    start: null,
    end: null,
    sourceProtocol: "test",
    raw: null,
    ...over,
  };
}

// ---------------------------------------------------------------- events

export const start = (over: Partial<Extract<IrEvent, { type: "start" }>> = {}): IrEvent => ({
  type: "start",
  sourceProtocol: "test",
  id: "answer-1",
  model: "test-model-2026-01-01",
  createdMs: 1_767_225_600_000,
  serviceTier: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
  ...over,
});
export const open = (block: number, content: StartedBlock, choiceIndex = 0): IrEvent => ({
  type: "block-start",
  block,
  choice: choiceIndex,
  content,
});
export const close = (block: number): IrEvent => ({ type: "block-end", block });
export const say = (block: number, value: string): IrEvent => ({
  type: "text-delta",
  block,
  text: value,
  logprobs: null,
});
export const args = (block: number, value: string): IrEvent => ({ type: "arguments-delta", block, text: value });
export const openText = (block: number): IrEvent => open(block, { type: "text" });
export const openCall = (block: number, id: string, name: string): IrEvent =>
  open(block, { type: "tool-call", id, name, kind: "function" });
export const openReasoning = (block: number): IrEvent => open(block, { type: "reasoning", encrypted: null });
export const finished = (reason: FinishReason, choiceIndex = 0): IrEvent => ({
  type: "finish",
  choice: choiceIndex,
  finish: finish(reason),
});
export const counted = (over: Partial<Usage> = {}): IrEvent => ({ type: "usage", usage: usage(over) });
export const END: IrEvent = { type: "end" };

/** A key that may do everything. */
export function virtualKey(over: Partial<VirtualKey> = {}): VirtualKey {
  return {
    id: "vk_1",
    name: "alice",
    hash: "0".repeat(64),
    previous: null,
    enabled: true,
    createdMs: 0,
    expiresMs: null,
    revokedMs: null,
    allowedTargets: null,
    group: null,
    project: null,
    labels: {},
    limits: NO_LIMITS,
    ...over,
  };
}

/** Of a protocol that is none of ours, unless said. */
export function embedRequest(over: Partial<IrEmbedRequest> = {}): IrEmbedRequest {
  return {
    sourceProtocol: "test",
    inputs: [{ type: "text", text: "a", title: null }],
    wasString: false,
    purpose: null,
    dimensions: null,
    encodings: ["float"],
    truncate: null,
    user: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
}
