/**
 * The `bedrock` protocol: the Converse API of Amazon Bedrock, as clients speak it to us and as we speak it to the service.
 * Translates between its bodies and the IR; never sends anything.
 */

import type { Payload, Protocol } from "../protocol.ts";
import { readForcedAnswer, readForcedStream } from "../shared/forced-answer.ts";
import { withSoundCalls } from "../shared/sound-calls.ts";
import { carrier } from "./carrier.ts";
import { count } from "./count.ts";
import { embed } from "./embed.ts";
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
  noticePlaces: {
    whole: ["additionalModelResponseFields"],
    streamed: { types: ["messageStop"], path: ["additionalModelResponseFields"] },
  },
  answerMember: "output",
  saidMembers: { within: "delta", quotes: "citation", groups: [["text", "input"]] },
  routedMembers: [
    "messages",
    "inferenceConfig",
    "toolConfig",
    "outputConfig",
    "additionalModelRequestFields",
    "model",
    "stream",
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
  signatureMembers: ["signature", "redactedContent"],
  holdsUnsigned,
  hasCacheMarks: true,
  dialectMarks: null,
  misfits,
  // A stream that has named its reason is whole, with or without the count that usually follows.
  terminator: null,
  readError,
  writeError,
  // The vendor always reports usage.
  hiddenUsage: null,
};

export const bedrock: Protocol = { id: PROTOCOL, payload, carrier, operations: { models, count, embed } };
