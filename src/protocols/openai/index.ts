/** OpenAI's Chat Completions, the dialect most vendors speak beside their own. This file only ties the parts together. */
import { SSE_COMMENT_KEEP_ALIVE } from "../framing/sse.ts";
import { sseFraming } from "../framing/sse-framing.ts";
import type { Carrier, Payload, Protocol } from "../protocol.ts";
import { pathOr } from "../upstream-path.ts";
import { auth } from "./auth.ts";
import { readError, writeError } from "./errors.ts";
import { OPENAI } from "./extras.ts";
import { readFacts } from "./facts.ts";
import { hiddenUsage } from "./hidden-usage.ts";
import { models } from "./models.ts";
import { readRequest } from "./request-reader.ts";
import { writeRequest } from "./request-writer.ts";
import { readResponse } from "./response-reader.ts";
import { writeResponse } from "./response-writer.ts";
import { createStreamReader } from "./stream-reader.ts";
import { createStreamWriter } from "./stream-writer.ts";
import { createTap } from "./tap.ts";

const payload: Payload = {
  id: OPENAI,
  decides: [
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "n",
    "tools",
    "functions",
    "response_format",
    "reasoning",
    "reasoning_effort",
    "modalities",
  ],
  readFacts,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  createStreamReader,
  createStreamWriter,
  createTap,
  sealMembers: [],
  terminator: { event: null, data: "[DONE]" },
  readError,
  writeError,
  hiddenUsage,
};

const CHAT_PATH = "/v1/chat/completions";
const MODELS_PATH = "/v1/models";
const NO_TARGET = { from: "none" } as const;
const NOT_STREAMED = { from: "fixed", value: false } as const;
const framing = sseFraming(SSE_COMMENT_KEEP_ALIVE);

const carrier: Carrier = {
  id: OPENAI,
  routes: [
    {
      protocol: OPENAI,
      operation: "chat",
      method: "POST",
      path: CHAT_PATH,
      target: { from: "body", member: "model" },
      stream: { from: "body", member: "stream" },
    },
    {
      protocol: OPENAI,
      operation: "models",
      method: "GET",
      path: MODELS_PATH,
      target: NO_TARGET,
      stream: NOT_STREAMED,
    },
    {
      protocol: OPENAI,
      operation: "models",
      method: "GET",
      path: `${MODELS_PATH}/:id`,
      target: { from: "param", names: ["id"] },
      stream: NOT_STREAMED,
    },
  ],
  // A colon in the last segment is Gemini's way to name an operation.
  ownsPath: (path) => {
    if (path === CHAT_PATH || path === MODELS_PATH) return true;
    return path.startsWith(`${MODELS_PATH}/`) && !GEMINI_OPERATION.test(path);
  },
  envelope: OPENAI,
  framing,
  framingFor: () => framing,
  upstreamPath: (input) => pathOr(CHAT_PATH, input),
  memberEdits: ({ upstreamModel }) => ({ model: JSON.stringify(upstreamModel) }),
  bodyHeaders: null,
  auth,
  headers: {
    // Not `openai-*`: `openai-organization` and `openai-project` name the caller's account, which no other provider
    // may learn; an operator whose lanes are that very account adds them per provider.
    request: [
      "openai-beta",
      "x-stainless-*",
      "x-client-request-id",
      "x-request-id",
      "idempotency-key",
      "traceparent",
      "tracestate",
    ],
    response: [
      "openai-model",
      "openai-version",
      "openai-processing-ms",
      "x-request-id",
      "x-ratelimit-*",
      "ratelimit-*",
      "retry-after",
      "retry-after-ms",
      "x-should-retry",
    ],
    requestDefaults: {},
  },
  answerHeaders: (requestId) => ({ "x-request-id": requestId }),
};

const GEMINI_OPERATION = /:(generate|streamGenerate|embed|batchEmbed)Contents?$|:(countTokens|generateAnswer)$/;

export const openai: Protocol = { id: OPENAI, payload, carrier, operations: { models } };
