/** The smallest requests there are, in any protocol: what a probe sends, and what is explained where no request is given. */
import type { IrEmbedRequest } from "../../ir/embed.ts";
import { type IrRequest, NO_EXTRAS, NO_SAMPLING } from "../../ir/request.ts";

/** Reasoning models and the Responses API refuse less. */
export const PING_OUTPUT_TOKENS = 16;

/** Of no protocol's own spelling, so that a writer chooses the one the model takes. */
export function pingRequest(model: string): IrRequest {
  return {
    sourceProtocol: "gateway",
    model,
    stream: false,
    instructions: [],
    turns: [
      {
        role: "user",
        blocks: [{ type: "text", text: "ping", citations: [], cache: null, extras: NO_EXTRAS }],
        wasString: true,
        name: null,
        extras: NO_EXTRAS,
      },
    ],
    tools: [],
    toolChoice: null,
    parallelToolCalls: null,
    maxOutputTokens: PING_OUTPUT_TOKENS,
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
  };
}

/** Whose spelling an embedding is asked in: every protocol that embeds can be written from it. */
export const PING_EMBED_PROTOCOL = "openai";

export const PING_EMBED: IrEmbedRequest = {
  sourceProtocol: "gateway",
  inputs: [{ type: "text", text: "ping", title: null }],
  wasString: false,
  purpose: null,
  dimensions: null,
  encodings: [],
  truncate: null,
  user: null,
  extras: NO_EXTRAS,
};
