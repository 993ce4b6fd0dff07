/** OpenAI's Chat Completions, the protocol most vendors speak beside their own. This file only ties the parts together. */
import { encodeUtf8 } from "../../std/bytes.ts";
import type { Payload, Protocol } from "../protocol.ts";
import { MESSAGE_TURNS } from "../shared/openai/turns.ts";
import { withSoundCalls } from "../shared/sound-calls.ts";
import { carrier } from "./carrier.ts";
import { embed } from "./embed.ts";
import { readError } from "./error-words.ts";
import { writeError } from "./errors.ts";
import { readFacts } from "./facts.ts";
import { fitMembers } from "./fit-members.ts";
import { hiddenUsage } from "./hidden-usage.ts";
import { LOSS_NAMES } from "./loss-names.ts";
import { models } from "./models.ts";
import { plainChat } from "./plain-chat.ts";
import { refuses } from "./refusals.ts";
import { relayed } from "./relayed.ts";
import { readRequest } from "./request-reader.ts";
import { writeRequest } from "./request-writer.ts";
import { readResponse } from "./response-reader.ts";
import { writeResponse } from "./response-writer.ts";
import { createStreamReader } from "./stream-reader.ts";
import { createStreamWriter } from "./stream-writer.ts";
import { createTap } from "./tap.ts";
import { PROTOCOL } from "./wire.ts";
import { withoutReasoning } from "./without-reasoning.ts";

const payload: Payload = {
  id: PROTOCOL,
  noticePlaces: { whole: [], streamed: { types: null, path: [] } },
  answerMember: "choices",
  saidMembers: {
    within: null,
    groups: [["content", "arguments", "reasoning_content", "reasoning", "refusal", "text"]],
  },
  routedMembers: [
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
    "prompt_cache_key",
  ],
  lossNames: LOSS_NAMES,
  turns: MESSAGE_TURNS,
  readFacts,
  withoutReasoning,
  ownShape: plainChat,
  fitMembers,
  refuses,
  readRequest,
  writeRequest,
  readResponse,
  writeResponse,
  createStreamReader: () => withSoundCalls(createStreamReader()),
  createStreamWriter,
  createTap,
  signatureMembers: [],
  holdsUnsigned: null,
  hasCacheMarks: false,
  dialectMarks: {
    developerRole: encodeUtf8('"developer"'),
    customTools: encodeUtf8('"custom"'),
    calls: encodeUtf8('"tool_calls"'),
  },
  misfits: null,
  terminator: { event: null, data: "[DONE]" },
  readError,
  writeError,
  hiddenUsage,
};

export const openai: Protocol = {
  id: PROTOCOL,
  payload,
  carrier,
  operations: { models, embed, relayed, vendorList: "/v1/models" },
};
