/** Defaults for the tests of a protocol: a request, an answer and an answer context that say nothing special. */

import type { IrBlock, IrRequest, IrTurn } from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { UNKNOWN_USAGE, type Usage } from "../../src/ir/usage.ts";
import type { AnswerContext, Payload, WriteRequestOptions } from "../../src/protocols/protocol.ts";
import type { JsonObject } from "../../src/std/json.ts";
import { image as imageOf, request, response, text, call as toolCall, result as toolResult, user } from "./builders.ts";
import { MAKER, makersDialect } from "./dialects.ts";

export { text } from "./builders.ts";

/** Another protocol, real or not: nothing of it is known here. */
export const FOREIGN = "elsewhere";

export const OPTIONS: WriteRequestOptions = {
  upstreamModel: "some-model",
  defaultMaxOutputTokens: 4096,
  dialect: MAKER,
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
  const turns = [{ ...user(text("Hello")), wasString: true }];
  return request({ sourceProtocol: FOREIGN, model: "client-model", turns, maxOutputTokens: null, ...members });
}

export function turn(role: IrTurn["role"], ...blocks: readonly IrBlock[]): IrTurn {
  return { ...user(...blocks), role };
}

export function call(id: string, name: string, args = "{}"): IrBlock {
  return toolCall(id, name, args);
}

export function result(callId: string, ...content: readonly IrBlock[]): Extract<IrBlock, { type: "tool-result" }> {
  return toolResult(callId, content);
}

export function image(data = "aW1n"): IrBlock {
  return imageOf({ source: { kind: "base64", mediaType: "image/png", data } });
}

export function usage(members: Partial<Usage>): Usage {
  return { ...UNKNOWN_USAGE, ...members };
}

export function foreignResponse(members: Partial<IrResponse> = {}): IrResponse {
  const nothing = { createdMs: null, choices: [], usage: null };
  return response([], { sourceProtocol: FOREIGN, id: "msg_1", model: "their-model", ...nothing, ...members });
}

/** A model that a test names has the dialect that the shipped catalog knows of it. */
function optionsOf({ id }: Payload, options: Partial<WriteRequestOptions>): WriteRequestOptions {
  const { upstreamModel } = options;
  const dialect = upstreamModel === undefined ? MAKER : makersDialect(id, upstreamModel);
  return { ...OPTIONS, dialect, ...options };
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
      const { value, losses } = payload.writeRequest(request, optionsOf(payload, options));
      return { body: value, lost: losses.map(({ how, field }) => `${how} ${field}`) };
    },
  };
}
