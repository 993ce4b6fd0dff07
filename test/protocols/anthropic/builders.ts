// Requests, answers and contexts with defaults, for the tests of this folder.
import type { IrEvent } from "../../../src/ir/event.ts";
import { type IrBlock, type IrRequest, type IrTurn, NO_SAMPLING, NO_SPELLING } from "../../../src/ir/request.ts";
import type { IrResponse } from "../../../src/ir/response.ts";
import { UNKNOWN_USAGE } from "../../../src/ir/usage.ts";
import { anthropic } from "../../../src/protocols/anthropic/index.ts";
import type { AnswerContext, Frame } from "../../../src/protocols/protocol.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { judged } from "../../harness/judged.ts";

export const { payload } = anthropic;

export const OPTIONS = { upstreamModel: "claude-sonnet-4-5", defaultMaxOutputTokens: 4096, maxOutputTokens: null };

/** Ids count upwards, so that goldens hold. */
export function answerContext(over: Partial<AnswerContext> = {}): AnswerContext {
  let ids = 0;
  return {
    request: null,
    upstreamModel: "lane-model",
    createdMs: 1_760_000_000_000,
    newId: (length) => String(++ids).padStart(length, "0"),
    elapsedMs: () => 42,
    inputTokensEstimate: 42,
    ...over,
  };
}

/** As read from a Chat Completions client. */
export function foreignRequest(over: Partial<IrRequest> = {}): IrRequest {
  return {
    sourceProtocol: "openai",
    model: "any",
    stream: false,
    instructions: [],
    turns: [userTurn("hi")],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    maxOutputTokens: 1000,
    sampling: NO_SAMPLING,
    stop: [],
    reasoning: null,
    outputFormat: null,
    choices: null,
    logprobs: null,
    user: null,
    metadata: null,
    serviceTier: null,
    extras: {},
    spelling: NO_SPELLING,
    ...over,
  };
}

export function textBlock(text: string): IrBlock {
  return { type: "text", text, citations: [], cache: null, extras: {}, spelling: NO_SPELLING };
}

export function turn(role: IrTurn["role"], ...blocks: IrBlock[]): IrTurn {
  return { role, blocks, wasString: false, name: null, extras: {}, spelling: NO_SPELLING };
}

export function userTurn(text: string): IrTurn {
  return turn("user", textBlock(text));
}

export function callBlock(id: string, name: string, text: string): IrBlock {
  return {
    type: "tool-call",
    id,
    name,
    kind: "function",
    arguments: text,
    signature: null,
    cache: null,
    extras: {},
    spelling: NO_SPELLING,
  };
}

export function resultBlock(callId: string, text: string): IrBlock {
  return {
    type: "tool-result",
    callId,
    name: null,
    content: [textBlock(text)],
    wasString: true,
    isError: null,
    cache: null,
    extras: {},
    spelling: NO_SPELLING,
  };
}

export function foreignResponse(blocks: readonly IrBlock[], over: Partial<IrResponse> = {}): IrResponse {
  return {
    sourceProtocol: "openai",
    id: "chatcmpl-1",
    model: "gpt-test",
    createdMs: 0,
    choices: [
      {
        index: 0,
        blocks,
        finish: { reason: "stop", raw: "stop", stopSequence: null },
        logprobs: null,
        extras: {},
        spelling: NO_SPELLING,
      },
    ],
    usage: { ...UNKNOWN_USAGE, freshInputTokens: 7, outputTokens: 3 },
    serviceTier: null,
    extras: {},
    spelling: NO_SPELLING,
    ...over,
  };
}

export function writeRequest(request: IrRequest, over: Partial<typeof OPTIONS> & { maxOutputTokens?: null } = {}) {
  return payload.writeRequest(request, { ...OPTIONS, ...over });
}

export function readEvents(frames: readonly Frame[]): IrEvent[] {
  const reader = payload.createStreamReader();
  return judged([...frames.flatMap((frame) => reader.push(frame)), ...reader.end()]);
}

export function frame(data: JsonObject): Frame {
  return { event: typeof data["type"] === "string" ? data["type"] : null, data: JSON.stringify(data) };
}

/** What the client's SDK would collect, by its own rules: deltas appended to the members the start brought. */
export function writeEvents(events: readonly IrEvent[], context = answerContext()): Frame[] {
  const writer = payload.createStreamWriter(context);
  return events.flatMap((event) => writer.push(event));
}
