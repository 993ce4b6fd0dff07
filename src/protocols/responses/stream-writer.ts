/**
 * Events into the vendor's own sequence: the answer is created and in progress, items are added, filled and done, and one
 * last event repeats the whole: completed, incomplete or failed. Every event has its number. Clients stop at the last
 * event and nowhere else, so an error alone would never do.
 */
import type { IrEvent } from "../../ir/event.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import type { IrFinish } from "../../ir/response.ts";
import { mergeUsage, type Usage } from "../../ir/usage.ts";
import type { JsonObject } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { AnswerContext, Frame, StreamWriter } from "../protocol.ts";
import { createAnswerLosses, type Losses } from "../shared/losses.ts";
import { type Assembler, createAssembler } from "./assembler.ts";
import { createEnvelope, newId, type ResponseProgress } from "./envelope.ts";
import { writeStreamError } from "./errors.ts";
import { writeFinish } from "./finish.ts";
import type { EventOutlet } from "./outlet.ts";
import { writeUsage } from "./usage.ts";
import { PROTOCOL, type WireEventType } from "./wire.ts";

export function createStreamWriter(context: AnswerContext): StreamWriter {
  const losses = createAnswerLosses();
  const tape = createTape(context);
  const state: ResponseWriterState = {
    context,
    losses,
    tape,
    assembler: createAssembler(tape.outlet, losses, context.request),
    native: false,
    envelope: null,
    usage: null,
    finish: null,
    isOver: false,
  };
  return {
    losses: losses.list,
    push(event) {
      if (state.isOver) return [];
      step(state, event);
      if (!state.isOver && state.assembler.overflowed()) {
        fail(state, failure("malformed", "The model's answer is longer than can be repeated."));
      }
      return tape.take();
    },
  };
}

interface ResponseWriterState {
  readonly context: AnswerContext;
  readonly losses: Losses;
  readonly tape: ReturnType<typeof createTape>;
  readonly assembler: Assembler;
  /** The events were read from this protocol. */
  native: boolean;
  /** null: nothing has been written. */
  envelope: ((progress: ResponseProgress) => JsonObject) | null;
  usage: Usage | null;
  finish: IrFinish | null;
  isOver: boolean;
}

/** The frames of one push, numbered over the whole stream. */
function createTape(context: AnswerContext) {
  let frames: Frame[] = [];
  let sequence = 0;
  const outlet: EventOutlet = {
    emit(type, members) {
      const data = JSON.stringify({ type, sequence_number: sequence, ...members });
      sequence += 1;
      frames.push({ event: type, data });
    },
    piece(type, head, text, tail = "") {
      frames.push({ event: type, data: `${head}${JSON.stringify(text)}${tail},"sequence_number":${sequence}}` });
      sequence += 1;
    },
    newId: (prefix) => newId(context, prefix),
  };
  return {
    outlet,
    take(): Frame[] {
      const taken = frames;
      frames = [];
      return taken;
    },
  };
}

function step(state: ResponseWriterState, event: IrEvent): void {
  switch (event.type) {
    case "start":
      begin(state, event);
      return;
    case "block-start":
    case "text-delta":
    case "arguments-delta":
    case "signature-delta":
    case "citation":
    case "opaque-delta":
    case "block-end":
      begin(state, null);
      state.assembler.push(event);
      return;
    case "usage":
      state.usage = mergeUsage(state.usage, event.usage);
      return;
    case "finish":
      if (event.choice === 0) state.finish ??= event.finish;
      return;
    case "keep-alive": // the transport has its own
    case "loss": // counted where the events are pumped
      return;
    case "end":
      end(state);
      return;
    case "failed":
      fail(state, event.failure);
      return;
    default:
      unreachable(event);
  }
}

/** The vendor's clients refuse a stream that does not begin with these two. */
function begin(
  state: ResponseWriterState,
  event: Extract<IrEvent, { type: "start" }> | null,
): (progress: ResponseProgress) => JsonObject {
  if (state.envelope !== null) return state.envelope;
  const { context, losses } = state;
  state.native = event?.sourceProtocol === PROTOCOL;
  if (!state.native) losses.dropExtras("", event?.extras ?? {});
  const envelope = createEnvelope(context, {
    id: (state.native ? event?.id : null) ?? newId(context, "resp"),
    createdMs: event?.createdMs ?? context.createdMs,
    model: event?.model ?? context.upstreamModel,
    serviceTier: state.native ? (event?.serviceTier ?? null) : null,
  });
  state.envelope = envelope;
  const response = envelope({ status: "in_progress", output: [], usage: null, error: null, incomplete: null });
  state.tape.outlet.emit("response.created", { response });
  state.tape.outlet.emit("response.in_progress", { response });
  return envelope;
}

function end(state: ResponseWriterState): void {
  const { assembler, losses } = state;
  const envelope = begin(state, null);
  assembler.finish();
  const word = writeFinish(state.finish, assembler.held(), state.native);
  if (word.approximated) losses.approximate("status", `${state.finish?.reason ?? "it"} has no word of its own`);
  const type: WireEventType = word.status === "completed" ? "response.completed" : "response.incomplete";
  const usage = writeUsage(state.usage, { native: state.native, context: state.context }, losses);
  const response = envelope({
    status: word.status,
    output: assembler.output(),
    usage,
    error: null,
    incomplete: word.reason,
  });
  state.tape.outlet.emit(type, { response });
  state.isOver = true;
}

function fail(state: ResponseWriterState, failed: Failure): void {
  const envelope = begin(state, null);
  const response = envelope({
    status: "failed",
    output: state.assembler.output(),
    // Of an answer that failed nothing is made up.
    usage: writeUsage(state.usage, { native: true, context: state.context }, state.losses),
    error: writeStreamError(failed),
    incomplete: null,
  });
  state.tape.outlet.emit("response.failed", { response });
  state.isOver = true;
}
