/**
 * The `gemini` protocol: the Gemini API (generateContent), as clients speak it to us and as we speak it to the vendor and
 * its cloud. Translates between its bodies and the IR; never sends anything.
 */

import type { Payload, Protocol } from "../protocol.ts";
import { withSoundCalls } from "../shared/sound-calls.ts";
import { carrier } from "./carrier.ts";
import { count } from "./count.ts";
import { embed } from "./embed.ts";
import { readError } from "./error-words.ts";
import { writeError } from "./errors.ts";
import { readFacts } from "./facts.ts";
import { LOSS_NAMES } from "./loss-names.ts";
import { models } from "./models.ts";
import { readRequest } from "./request-reader.ts";
import { writeRequest } from "./request-writer.ts";
import { readResponse } from "./response-reader.ts";
import { writeResponse } from "./response-writer.ts";
import { createStreamReader } from "./stream-reader.ts";
import { createStreamWriter } from "./stream-writer.ts";
import { createTap } from "./tap.ts";
import { turns } from "./turns.ts";
import { PROTOCOL } from "./wire.ts";
import { withoutReasoning } from "./without-reasoning.ts";

const payload: Payload = {
  id: PROTOCOL,
  noticePlaces: { whole: ["promptFeedback"], streamed: { types: null, path: ["promptFeedback"] } },
  answerMember: "candidates",
  saidMembers: { within: null, groups: [["text"], ["args"]] },
  routedMembers: [
    "model",
    "stream",
    "generateContentRequest",
    "generate_content_request",
    "contents",
    "cachedContent",
    "cached_content",
    "tools",
    "toolConfig",
    "tool_config",
    "generationConfig",
    "generation_config",
    "systemInstruction",
    "system_instruction",
  ],
  lossNames: LOSS_NAMES,
  turns,
  readFacts,
  withoutReasoning,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  createStreamReader: () => withSoundCalls(createStreamReader()),
  createStreamWriter,
  createTap,
  signatureMembers: ["thoughtSignature", "thought_signature"],
  holdsUnsigned: null,
  hasCacheMarks: false,
  dialectMarks: null,
  misfits: null,
  // The frame that tells the finish is the last.
  terminator: null,
  readError,
  writeError,
  // The vendor always reports usage.
  hiddenUsage: null,
};

export const gemini: Protocol = {
  id: PROTOCOL,
  payload,
  carrier,
  operations: { models, count, embed, vendorList: "/v1beta/models?pageSize=1000" },
};
