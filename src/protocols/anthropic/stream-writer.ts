/**
 * A streamed answer of any vendor as the vendor's own sequence of events: message_start, the blocks one after the other,
 * message_delta, message_stop; or an error event.
 */
import type { StartedBlock } from "../../ir/event.ts";
import type { JsonObject } from "../../std/json.ts";
import type { AnswerContext, Frame, StreamWriter } from "../protocol.ts";
import { loseUnreported } from "../shared/content-blocks/answer-writer.ts";
import {
  createContentBlockWriter,
  type StreamedAnswer,
  type StreamFormat,
} from "../shared/content-blocks/stream-writer.ts";
import { mergeMembers } from "../shared/members.ts";
import { writeStreamError } from "./errors.ts";
import { writeOpaque } from "./reasoning-signatures.ts";
import { MESSAGES_ANSWER, newMessageId, newToolUseId, USAGE_MEMBERS } from "./response-writer.ts";
import { writeCounters, writeUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function createStreamWriter(context: AnswerContext): StreamWriter {
  return createContentBlockWriter(context, MESSAGES_STREAM);
}

const MESSAGES_STREAM: StreamFormat = {
  ...MESSAGES_ANSWER,
  deltas: {
    text: ['{"type":"text_delta","text":', "}"],
    reasoning: ['{"type":"thinking_delta","thinking":', "}"],
    signature: ['{"type":"signature_delta","signature":', "}"],
    arguments: ['{"type":"input_json_delta","partial_json":', "}"],
  },
  deltaFrame: { event: "content_block_delta", open: '{"type":"content_block_delta","index":' },
  isRedactedBlock: isRedacted,
  // Every member that clients append to is there from the start.
  startOf(content, context) {
    switch (content.type) {
      case "text":
      case "refusal":
        return { type: "text", text: "" };
      case "reasoning":
        return isRedacted(content)
          ? { type: "redacted_thinking", data: content.encrypted?.value }
          : { type: "thinking", thinking: "", signature: "" };
      case "tool-call": {
        const id = content.id === "" ? newToolUseId(context) : content.id;
        return { type: "tool_use", id, name: content.name, input: {}, caller: { type: "direct" } };
      }
    }
  },
  blockStart: (index, start) => frameOf("content_block_start", { index, content_block: start }),
  blockStop: (index) => frameOf("content_block_stop", { index }),
  writeCitation: (citation) =>
    citation.sourceProtocol === PROTOCOL ? { type: "citations_delta", citation: citation.raw } : null,
  blocksPath: "content",
  noCitation: "the vendor's citations point into its own sources",
  writeOpaque: ({ kind, signature }) => ({ type: "signature_delta", signature: writeOpaque(kind, signature) }),
  answerStart,
  keepAlive: { event: "ping", data: '{"type": "ping"}' },
  answerEnd,
  writeFailure: (failed) => ({ event: "error", data: JSON.stringify(writeStreamError(failed)) }),
};

function frameOf(event: string, members: JsonObject): Frame {
  return { event, data: JSON.stringify({ type: event, ...members }) };
}

function isRedacted(content: StartedBlock): boolean {
  return content.type === "reasoning" && content.encrypted?.issuer === PROTOCOL;
}

/** The prompt's size must be in it: clients show it and budget by it. */
function answerStart({ start, context, usage }: StreamedAnswer): Frame {
  const native = start?.sourceProtocol === PROTOCOL;
  const message: JsonObject = {
    id: native && start.id !== null ? start.id : newMessageId(context),
    type: "message",
    role: "assistant",
    model: start?.model ?? context.upstreamModel,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    // The vendor counts the first token when it starts.
    usage: writeUsage(usage, { inputTokens: context.inputTokensEstimate, outputTokens: 1 }, start?.serviceTier ?? null),
  };
  return frameOf("message_start", { message: native ? mergeMembers(message, start.extras) : message });
}

function answerEnd({ context, usage, finish, losses }: StreamedAnswer, word: string): Frame[] {
  loseUnreported(usage, USAGE_MEMBERS, losses);
  return [
    frameOf("message_delta", {
      delta: { stop_reason: word, stop_sequence: finish?.stopSequence ?? null },
      usage: writeCounters(usage, {
        inputTokens: context.inputTokensEstimate,
        outputTokens: context.outputTokensEstimate?.() ?? 0,
      }),
    }),
    frameOf("message_stop", {}),
  ];
}
