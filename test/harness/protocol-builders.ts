/** Defaults for the tests of a protocol: a request, an answer and an answer context that say nothing special. */
import {
  type IrBlock,
  type IrRequest,
  type IrTurn,
  NO_EXTRAS,
  NO_SAMPLING,
  NO_SPELLING,
} from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { UNKNOWN_USAGE, type Usage } from "../../src/ir/usage.ts";
import type { AnswerContext, Payload, WriteRequestOptions } from "../../src/protocols/protocol.ts";
import type { JsonObject } from "../../src/std/json.ts";

/** Another protocol, real or not: nothing of it is known here. */
export const FOREIGN = "elsewhere";

export const OPTIONS: WriteRequestOptions = {
  upstreamModel: "some-model",
  defaultMaxOutputTokens: 4096,
  maxOutputTokens: null,
};

export const CONTEXT: AnswerContext = {
  request: null,
  upstreamModel: "upstream-model",
  createdMs: 1_700_000_000_999,
  newId: (length) => "0123456789abcdefghijklmnop".slice(0, length),
  elapsedMs: () => 42,
  inputTokensEstimate: 7,
};

export function foreignRequest(members: Partial<IrRequest> = {}): IrRequest {
  return {
    sourceProtocol: FOREIGN,
    model: "client-model",
    stream: false,
    instructions: [],
    turns: [
      { role: "user", blocks: [text("Hello")], wasString: true, name: null, extras: NO_EXTRAS, spelling: NO_SPELLING },
    ],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    maxOutputTokens: null,
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
    ...members,
  };
}

export function turn(role: IrTurn["role"], ...blocks: readonly IrBlock[]): IrTurn {
  return { role, blocks, wasString: false, name: null, extras: NO_EXTRAS, spelling: NO_SPELLING };
}

export function text(said: string): IrBlock {
  return { type: "text", text: said, citations: [], cache: null, extras: NO_EXTRAS, spelling: NO_SPELLING };
}

export function call(id: string, name: string, args = "{}"): IrBlock {
  const kind = "function";
  return {
    type: "tool-call",
    id,
    name,
    kind,
    arguments: args,
    signature: null,
    cache: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
}

export function result(callId: string, ...content: readonly IrBlock[]): Extract<IrBlock, { type: "tool-result" }> {
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
  };
}

export function image(data = "aW1n"): IrBlock {
  const source = { kind: "base64", mediaType: "image/png", data } as const;
  return { type: "image", source, detail: null, cache: null, extras: NO_EXTRAS, spelling: NO_SPELLING };
}

export function usage(members: Partial<Usage>): Usage {
  return { ...UNKNOWN_USAGE, ...members };
}

export function foreignResponse(members: Partial<IrResponse> = {}): IrResponse {
  return {
    sourceProtocol: FOREIGN,
    id: "msg_1",
    model: "their-model",
    createdMs: null,
    choices: [],
    usage: null,
    serviceTier: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...members,
  };
}

/** The protocol's own reader and writer, with what a test does not care about filled in. */
export function buildersOf(payload: Payload, smallest: JsonObject, context: AnswerContext = CONTEXT) {
  return {
    /** The context of a client of this protocol that sent such a body. */
    contextOf: (body: JsonObject): AnswerContext => ({
      ...context,
      request: payload.readRequest({ ...smallest, ...body }).value,
    }),
    /** What the reader makes of a body, without the losses. */
    readRequest: (body: JsonObject): IrRequest => payload.readRequest(body).value,
    /** Written with the default options; `lost` is each loss as "how field". */
    writeRequest(request: IrRequest, options: Partial<WriteRequestOptions> = {}) {
      const { value, losses } = payload.writeRequest(request, { ...OPTIONS, ...options });
      return { body: value, lost: losses.map(({ how, field }) => `${how} ${field}`) };
    },
  };
}
