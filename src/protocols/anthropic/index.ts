/**
 * The `anthropic` protocol: the Messages API, as clients speak it to us and as we speak it to the vendor and to servers
 * compatible with it. Translates between its bodies and the IR; never sends anything.
 */

import type { Payload, Protocol } from "../protocol.ts";
import { readForcedAnswer, readForcedStream } from "../shared/forced-answer.ts";
import { withSoundCalls } from "../shared/sound-calls.ts";
import { carrier } from "./carrier.ts";
import { count } from "./count.ts";
import { readError } from "./error-words.ts";
import { writeError } from "./errors.ts";
import { readFacts } from "./facts.ts";
import { LOSS_NAMES } from "./loss-names.ts";
import { misfits } from "./misfits.ts";
import { models } from "./models.ts";
import { holdsUnsigned } from "./reasoning-signatures.ts";
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
  noticePlaces: { whole: [], streamed: { types: ["message_start"], path: ["message"] } },
  answerMember: "content",
  saidMembers: { within: "delta", groups: [["text", "thinking", "partial_json"]] },
  routedMembers: [
    "model",
    "stream",
    "max_tokens",
    "messages",
    "tools",
    "thinking",
    "output_config",
    "output_format",
    "container",
    "metadata",
  ],
  lossNames: LOSS_NAMES,
  turns,
  readFacts,
  withoutReasoning,
  readRequest,
  writeRequest,
  readResponse: (body) => readForcedAnswer(readResponse(body)),
  writeResponse,
  createStreamReader: () => readForcedStream(withSoundCalls(createStreamReader())),
  createStreamWriter,
  createTap,
  // Redacted thinking stands in a member that images use as well; its issuers are the same as the signatures'.
  signatureMembers: ["signature"],
  holdsUnsigned,
  hasCacheMarks: true,
  dialectMarks: null,
  misfits,
  terminator: { event: "message_stop", data: '{"type":"message_stop"}' },
  readError,
  writeError,
  // The vendor always reports usage.
  hiddenUsage: null,
};

export const anthropic: Protocol = {
  id: PROTOCOL,
  payload,
  carrier,
  operations: { models, count, vendorList: "/v1/models?limit=1000" },
};
