/**
 * The `responses` protocol: OpenAI's Responses API, as agents speak it to us and as we speak it to the vendor and to
 * servers compatible with it. Translates between its bodies and the IR; never sends anything.
 */
import { encodeUtf8 } from "../../std/bytes.ts";
import type { Payload, Protocol } from "../protocol.ts";
import { COMPACTION_TRIGGER } from "../shared/compaction.ts";
import { withSoundCalls } from "../shared/sound-calls.ts";
import { carrier } from "./carrier.ts";
import { compacted, compactedStream, compactedWhole } from "./compaction.ts";
import { count } from "./count.ts";
import { readError } from "./error-words.ts";
import { writeError } from "./errors.ts";
import { readFacts } from "./facts.ts";
import { LOSS_NAMES } from "./loss-names.ts";
import { readRequest } from "./request-reader.ts";
import { writeRequest } from "./request-writer.ts";
import { readResponse } from "./response-reader.ts";
import { writeResponse } from "./response-writer.ts";
import { storedIds } from "./stored-ids.ts";
import { createStreamReader } from "./stream-reader.ts";
import { createStreamWriter } from "./stream-writer.ts";
import { createTap } from "./tap.ts";
import { turns } from "./turns.ts";
import { PROTOCOL } from "./wire.ts";
import { withoutReasoning } from "./without-reasoning.ts";

const payload: Payload = {
  id: PROTOCOL,
  noticePlaces: {
    whole: [],
    streamed: { types: ["response.created", "response.completed", "response.incomplete"], path: ["response"] },
  },
  answerMember: "output",
  saidMembers: { within: null, groups: [["delta"]] },
  routedMembers: [
    "model",
    "stream",
    "input",
    "instructions",
    "max_output_tokens",
    "tools",
    "reasoning",
    "text",
    "previous_response_id",
    "conversation",
    "prompt",
    "prompt_cache_key",
  ],
  lossNames: LOSS_NAMES,
  turns,
  readFacts,
  withoutReasoning,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse(response, context) {
    const { value, losses } = writeResponse(compacted(response, context), context);
    return { value: compactedWhole(value, context), losses };
  },
  createStreamReader: () => withSoundCalls(createStreamReader()),
  createStreamWriter: (context) => compactedStream(createStreamWriter(context), context),
  createTap,
  signatureMembers: ["encrypted_content"],
  holdsUnsigned: null,
  misfits: null,
  storedIds,
  hasCacheMarks: false,
  dialectMarks: {
    developerRole: encodeUtf8('"developer"'),
    customTools: encodeUtf8('"custom"'),
    reasoning: encodeUtf8('"reasoning"'),
    compaction: encodeUtf8(`"${COMPACTION_TRIGGER}"`),
    calls: encodeUtf8('"call_id"'),
  },
  // The event that tells the finish ends the stream.
  terminator: null,
  readError,
  writeError,
  // The vendor always reports usage.
  hiddenUsage: null,
};

export const responses: Protocol = { id: PROTOCOL, payload, carrier, operations: { count, vendorList: "/v1/models" } };
