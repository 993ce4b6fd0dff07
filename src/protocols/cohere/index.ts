/**
 * The `cohere` protocol: the Chat, Embed and Rerank APIs (v2), as clients speak them to us and as we speak them to the
 * vendor and to servers compatible with it. Translates between its bodies and the IR; never sends
 * anything.
 */

import type { Payload, Protocol } from "../protocol.ts";
import { MESSAGE_TURNS } from "../shared/openai/turns.ts";
import { withSoundCalls } from "../shared/sound-calls.ts";
import { carrier } from "./carrier.ts";
import { embed } from "./embed.ts";
import { readError } from "./error-words.ts";
import { writeError } from "./errors.ts";
import { readFacts } from "./facts.ts";
import { LOSS_NAMES } from "./loss-names.ts";
import { models } from "./models.ts";
import { readRequest } from "./request-reader.ts";
import { writeRequest } from "./request-writer.ts";
import { rerank } from "./rerank.ts";
import { readResponse } from "./response-reader.ts";
import { writeResponse } from "./response-writer.ts";
import { createStreamReader } from "./stream-reader.ts";
import { createStreamWriter } from "./stream-writer.ts";
import { createTap } from "./tap.ts";
import { PROTOCOL } from "./wire.ts";
import { withoutReasoning } from "./without-reasoning.ts";

const payload: Payload = {
  id: PROTOCOL,
  noticePlaces: { whole: [], streamed: { types: ["message-start"], path: [] } },
  answerMember: "message",
  saidMembers: { within: "delta", groups: [["text", "arguments", "thinking", "tool_plan", "content"]] },
  routedMembers: ["model", "stream", "messages", "max_tokens", "tools", "response_format", "thinking"],
  lossNames: LOSS_NAMES,
  turns: MESSAGE_TURNS,
  readFacts,
  withoutReasoning,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  createStreamReader: () => withSoundCalls(createStreamReader()),
  createStreamWriter,
  createTap,
  // Reasoning is plain text here.
  signatureMembers: [],
  holdsUnsigned: null,
  hasCacheMarks: false,
  dialectMarks: null,
  misfits: null,
  terminator: { event: null, data: "[DONE]" },
  readError,
  writeError,
  // The vendor always reports usage.
  hiddenUsage: null,
};

export const cohere: Protocol = {
  id: PROTOCOL,
  payload,
  carrier,
  operations: { models, embed, rerank, vendorList: "/v1/models?page_size=1000" },
};
