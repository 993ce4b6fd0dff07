// Requests, answers and contexts with defaults, for the tests of this folder.

import type { IrEvent } from "../../../src/ir/event.ts";
import type { IrBlock, IrRequest, IrTurn } from "../../../src/ir/request.ts";
import type { IrResponse } from "../../../src/ir/response.ts";
import { anthropic } from "../../../src/protocols/anthropic/index.ts";
import type { AnswerContext, Frame } from "../../../src/protocols/protocol.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { call, choice, finish, request, response, result, text, usage, user } from "../../harness/builders.ts";
import { makersDialect } from "../../harness/dialects.ts";
import { judged } from "../../harness/judged.ts";

export const { payload } = anthropic;

export const OPTIONS = {
  upstreamModel: "claude-sonnet-4-5",
  defaultMaxOutputTokens: 4096,
  dialect: makersDialect("anthropic", "claude-sonnet-4-5"),
  maxOutputTokens: null,
};

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
  return request({ sourceProtocol: "openai", model: "any", turns: [userTurn("hi")], maxOutputTokens: 1000, ...over });
}

export const textBlock = (said: string): IrBlock => text(said);
export const userTurn = (said: string): IrTurn => user(text(said));
export const callBlock = (id: string, name: string, args: string): IrBlock => call(id, name, args);
export const resultBlock = (callId: string, said: string): IrBlock => result(callId, [text(said)], { wasString: true });

export function turn(role: IrTurn["role"], ...blocks: IrBlock[]): IrTurn {
  return { ...user(...blocks), role };
}

export function foreignResponse(blocks: readonly IrBlock[], over: Partial<IrResponse> = {}): IrResponse {
  return response(blocks, {
    sourceProtocol: "openai",
    id: "chatcmpl-1",
    model: "gpt-test",
    createdMs: 0,
    choices: [choice(blocks, { finish: finish("stop", { raw: "stop" }) })],
    usage: usage({ freshInputTokens: 7, outputTokens: 3 }),
    ...over,
  });
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
