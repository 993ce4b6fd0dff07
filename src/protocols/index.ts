/**
 * Protocols: the table of wire formats, each in and out. They translate and judge bytes; they never fetch, wait, keep
 * pools or look at the clock, and one protocol's folder never imports another's.
 */
import { anthropic } from "./anthropic/index.ts";
import { bedrock } from "./bedrock/index.ts";
import { invokeProtocol } from "./bedrock/invoke.ts";
import { cohere } from "./cohere/index.ts";
import { gemini } from "./gemini/index.ts";
import { openai } from "./openai/index.ts";
import type { Protocol } from "./protocol.ts";
import { responses } from "./responses/index.ts";
import { vertexProtocol } from "./vertex/index.ts";

/** In the order in which they are asked for an unknown path; the last one answers when none owns it. */
export const PROTOCOLS = {
  anthropic,
  "bedrock-invoke": invokeProtocol(anthropic),
  vertex: vertexProtocol(anthropic),
  bedrock,
  cohere,
  responses,
  gemini,
  openai,
} as const satisfies Record<string, Protocol>;
