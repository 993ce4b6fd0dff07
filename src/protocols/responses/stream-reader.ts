/**
 * A streamed answer, read: frames in, events out. Frames are told apart by the `type` in their JSON, never by the event
 * line, which compatible servers leave out. The last event says how it ended; a stream without one was cut short.
 */

import type { ReadEvent, StreamError } from "../../ir/event.ts";
import { NO_EXTRAS, NO_SPELLING } from "../../ir/request.ts";
import { asObject, asText, type JsonObject } from "../../std/json.ts";
import type { Frame, StreamReader } from "../protocol.ts";
import { isDoneMark } from "../shared/done-mark.ts";
import { nonEmpty, readSeconds } from "../shared/members.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { createStreamLosses } from "../shared/stream-losses.ts";
import { readInBandError } from "./error-words.ts";
import { readFinish } from "./finish.ts";
import { reasonOf } from "./response-reader.ts";
import { createItemsReader, type ItemsReader } from "./stream-items.ts";
import { readEventUsage } from "./usage.ts";
import { PROTOCOL, type WireEventType } from "./wire.ts";

export function createStreamReader(): StreamReader {
  const state: ResponseReaderState = {
    found: [],
    isStarted: false,
    isOver: false,
    lose: createStreamLosses((event) => void state.found.push(event)),
    items: createItemsReader({ emit: (event) => state.found.push(event), lose: (...loss) => state.lose(...loss) }),
  };
  return {
    push(frame) {
      if (state.isOver) return [];
      state.found = [];
      readFrame(state, frame);
      if (!state.isOver && state.items.overflowed()) fail(state, "malformed");
      return state.found;
    },
    end() {
      if (state.isOver) return [];
      state.found = [];
      fail(state, "cut-short");
      return state.found;
    },
    get settled() {
      return state.isOver;
    },
  };
}

interface ResponseReaderState {
  /** What one push has come to. */
  found: ReadEvent[];
  isStarted: boolean;
  isOver: boolean;
  /** Tells of each loss once. */
  readonly lose: (field: string, detail: string) => void;
  readonly items: ItemsReader;
}

function readFrame(state: ResponseReaderState, frame: Frame): void {
  // Some vendors end with OpenAI's older mark; where it matters, the last event has come before.
  if (isDoneMark(frame)) {
    fail(state, "cut-short");
    return;
  }
  const event = parseFrame(frame);
  if (event === null) {
    fail(state, "malformed");
    return;
  }
  const type = asText(event["type"]);
  const read = type === undefined ? undefined : READERS.get(type);
  if (read !== undefined) read(state, event);
  else if (type === undefined && (frame.event === "error" || event["error"] !== undefined)) failInBand(state, event);
  else if (type === undefined || !PROGRESS.test(type))
    state.lose("event", `${(type ?? "untyped").slice(0, 60)} is unknown`);
  else state.found.push({ type: "keep-alive" });
}

type EventReader = (state: ResponseReaderState, event: JsonObject) => void;

const text =
  (kind: "text" | "refusal" | "reasoning", source: string, member: string, whole: boolean): EventReader =>
  (state, event) => {
    begin(state, {});
    state.items.text(event, { kind, source, text: event[member], whole });
  };

const call =
  (member: string, whole: boolean): EventReader =>
  (state, event) => {
    begin(state, {});
    state.items.call(event, { text: event[member], whole });
  };

/** Tells that the model is at work; what it comes to is in the item, when that is done. */
const progress: EventReader = (state) => {
  state.found.push({ type: "keep-alive" });
};

/** Its texts come in events of their own. */
const silent: EventReader = (state) => begin(state, {});

const start: EventReader = (state, event) => begin(state, asObject(event["response"]) ?? {});

/** Closed over the SDK's union: an event the vendor adds breaks the build here until it is read. */
const EVENTS = {
  "response.created": start,
  "response.queued": start,
  "response.in_progress": start,
  "response.completed": (state, event) => finish(state, event, "completed"),
  "response.incomplete": (state, event) => finish(state, event, "incomplete"),
  "response.failed": failInBand,
  error: failInBand,
  "response.output_item.added": (state, event) => {
    begin(state, {});
    state.items.added(event);
  },
  "response.output_item.done": (state, event) => {
    begin(state, {});
    state.items.done(event);
  },
  "response.content_part.added": (state, event) => state.items.partAdded(event),
  "response.content_part.done": (state, event) => state.items.partDone(event),
  "response.output_text.delta": text("text", "content", "delta", false),
  "response.output_text.done": text("text", "content", "text", true),
  "response.output_text.annotation.added": (state, event) => {
    begin(state, {});
    state.items.annotation(event);
  },
  "response.refusal.delta": text("refusal", "content", "delta", false),
  "response.refusal.done": text("refusal", "content", "refusal", true),
  "response.reasoning_text.delta": text("reasoning", "content", "delta", false),
  "response.reasoning_text.done": text("reasoning", "content", "text", true),
  "response.reasoning_summary_text.delta": text("reasoning", "summary", "delta", false),
  "response.reasoning_summary_text.done": text("reasoning", "summary", "text", true),
  "response.reasoning_summary_part.added": silent,
  "response.reasoning_summary_part.done": silent,
  "response.function_call_arguments.delta": call("delta", false),
  "response.function_call_arguments.done": call("arguments", true),
  "response.custom_tool_call_input.delta": call("delta", false),
  "response.custom_tool_call_input.done": call("input", true),
  "response.web_search_call.in_progress": progress,
  "response.web_search_call.searching": progress,
  "response.web_search_call.completed": progress,
  "response.file_search_call.in_progress": progress,
  "response.file_search_call.searching": progress,
  "response.file_search_call.completed": progress,
  "response.code_interpreter_call.in_progress": progress,
  "response.code_interpreter_call.interpreting": progress,
  "response.code_interpreter_call.completed": progress,
  "response.code_interpreter_call_code.delta": progress,
  "response.code_interpreter_call_code.done": progress,
  "response.image_generation_call.in_progress": progress,
  "response.image_generation_call.generating": progress,
  "response.image_generation_call.partial_image": progress,
  "response.image_generation_call.completed": progress,
  "response.mcp_call.in_progress": progress,
  "response.mcp_call.completed": progress,
  "response.mcp_call.failed": progress,
  "response.mcp_call_arguments.delta": progress,
  "response.mcp_call_arguments.done": progress,
  "response.mcp_list_tools.in_progress": progress,
  "response.mcp_list_tools.completed": progress,
  "response.mcp_list_tools.failed": progress,
  "response.audio.delta": loseAudio,
  "response.audio.done": progress,
  "response.audio.transcript.delta": loseAudio,
  "response.audio.transcript.done": progress,
} as const satisfies Record<WireEventType, EventReader>;

const READERS: ReadonlyMap<string, EventReader> = new Map(
  Object.entries<EventReader>({
    ...EVENTS,
    keepalive: progress,
    // Not in the vendor's union; seen from compatible servers and in its first versions.
    "response.cancelled": failInBand,
    "response.reasoning.delta": text("reasoning", "content", "delta", false),
    "response.reasoning.done": text("reasoning", "content", "text", true),
    "response.reasoning_summary.delta": text("reasoning", "summary", "delta", false),
    "response.reasoning_summary.done": text("reasoning", "summary", "text", true),
    "response.reasoning_part.added": silent,
    "response.reasoning_part.done": silent,
  }),
);

/** Steps of a tool the vendor runs itself, whichever it adds next. */
const PROGRESS = /^response\.[a-z_]+_call(_[a-z_]+)?\.[a-z_]+$|^(codex\.)?(response\.)?rate_limits(\.updated)?$/;

/** Once; a server that leaves the start out still gets its content through. */
function begin(state: ResponseReaderState, response: JsonObject): void {
  if (state.isStarted) return;
  state.isStarted = true;
  const losses = state.found;
  state.found = [
    {
      type: "start",
      sourceProtocol: PROTOCOL,
      id: nonEmpty(response["id"]),
      model: nonEmpty(response["model"]),
      createdMs: readSeconds(response["created_at"]),
      serviceTier: nonEmpty(response["service_tier"]),
      extras: NO_EXTRAS,
      spelling: NO_SPELLING,
    },
    ...losses,
  ];
}

function loseAudio(state: ResponseReaderState): void {
  state.lose("output.audio", "exists only in its own protocol");
}

function finish(state: ResponseReaderState, event: JsonObject, word: "completed" | "incomplete"): void {
  const response = asObject(event["response"]) ?? {};
  const status = asText(response["status"]) ?? word;
  // The one object that tells the status says it twice; a failure told as completed is still one.
  if (status === "failed" || status === "cancelled") {
    failInBand(state, event);
    return;
  }
  begin(state, response);
  state.items.repeated(response["output"]);
  state.items.close();
  const usage = readEventUsage(event);
  if (usage !== null) state.found.push({ type: "usage", usage });
  const finished = readFinish(word, reasonOf(response), state.items.held());
  if (finished !== null) state.found.push({ type: "finish", choice: 0, finish: finished });
  state.found.push({ type: "end" });
  state.isOver = true;
}

function failInBand(state: ResponseReaderState, event: JsonObject): void {
  const response = asObject(event["response"]) ?? {};
  const usage = readEventUsage(event);
  if (usage !== null) {
    begin(state, response);
    state.found.push({ type: "usage", usage });
  }
  fail(state, readInBandError(event));
}

function fail(state: ResponseReaderState, error: StreamError): void {
  state.found.push({ type: "failed", error });
  state.isOver = true;
}
