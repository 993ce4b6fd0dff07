/**
 * A streamed answer of any vendor as the service's own sequence of events: messageStart, the blocks one after the other,
 * messageStop, metadata; or an exception.
 */
import type { JsonObject } from "../../std/json.ts";
import type { AnswerContext, Frame, StreamWriter } from "../protocol.ts";
import {
  createContentBlockWriter,
  type StreamedAnswer,
  type StreamFormat,
} from "../shared/content-blocks/stream-writer.ts";
import { writeCitation } from "./citations.ts";
import { writeException } from "./errors.ts";
import { writeRedacted, writeSignature } from "./reasoning-signatures.ts";
import {
  CONVERSE_ANSWER,
  metricsOf,
  newToolUseId,
  writeAnswerUsage,
  writeStopSequence,
  writeTier,
} from "./response-writer.ts";
import { type EventKey, PROTOCOL } from "./wire.ts";

export function createStreamWriter(context: AnswerContext): StreamWriter {
  return createContentBlockWriter(context, CONVERSE_STREAM);
}

const CONVERSE_STREAM: StreamFormat = {
  ...CONVERSE_ANSWER,
  deltas: {
    text: ['{"text":', "}"],
    reasoning: ['{"reasoningContent":{"text":', "}}"],
    signature: ['{"reasoningContent":{"signature":', "}}"],
    arguments: ['{"toolUse":{"input":', "}}"],
  },
  deltaFrame: { event: "contentBlockDelta" satisfies EventKey, open: '{"contentBlockIndex":' },
  isRedactedBlock: () => false,
  startOf(content, context) {
    if (content.type !== "tool-call") return null;
    return { toolUse: { toolUseId: content.id === "" ? newToolUseId(context) : content.id, name: content.name } };
  },
  blockStart: (index, start) => frameOf("contentBlockStart", { start, contentBlockIndex: index }),
  blockStop: (index) => frameOf("contentBlockStop", { contentBlockIndex: index }),
  writeCitation(citation) {
    const written = writeCitation(citation);
    return written === null ? null : { citation: written };
  },
  blocksPath: "output.message.content",
  noCitation: "a citation without an address points into its vendor's own sources",
  writeOpaque: (value) => ({
    reasoningContent:
      value.kind === "encrypted"
        ? { redactedContent: writeRedacted(value.signature) }
        : { signature: writeSignature(value) },
  }),
  answerStart: () => frameOf("messageStart", { role: "assistant" }),
  keepAlive: null,
  answerEnd,
  writeFailure: writeException,
};

function frameOf(event: EventKey, data: JsonObject): Frame {
  return { event, data: JSON.stringify(data) };
}

/** `metadata` comes once, with the last of what was reported. */
function answerEnd({ context, start, usage, finish, losses }: StreamedAnswer, word: string): Frame[] {
  const native = start?.sourceProtocol === PROTOCOL;
  return [
    frameOf("messageStop", { stopReason: word, ...writeStopSequence(finish) }),
    frameOf("metadata", {
      usage: writeAnswerUsage(usage, context, losses),
      metrics: metricsOf(context),
      ...writeTier(start?.serviceTier ?? null, native),
    }),
  ];
}
