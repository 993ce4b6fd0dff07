/** A streamed answer read and written again, event by event. */
import { type AnswerEvent, type IrEvent, isMeaningful, type ReadEvent } from "../../ir/event.ts";
import type { Failure } from "../../ir/failure.ts";
import { mergeUsage } from "../../ir/usage.ts";
import type { AnswerContext, Frame, Framing, Payload, StreamReader } from "../../protocols/protocol.ts";
import { type Classify, streamFailure } from "./classify.ts";
import { createFirstChoice } from "./first-choice.ts";
import {
  addLosses,
  countPiece,
  type Flow,
  type FlowNote,
  type FlowStep,
  guarded,
  isDone,
  mayFailOver,
  newFlowNote,
  outputTokensOf,
} from "./flow.ts";
import { createIdleWatch } from "./idle-frames.ts";
import { saidInEvent } from "./said.ts";

interface TranslateFlowInput {
  readonly ingress: Payload;
  /** Of the lane's stream, not begun. */
  readonly reader: StreamReader;
  /** How the stream travels from the lane, and how to the client. */
  readonly from: Framing;
  readonly to: Framing;
  readonly context: AnswerContext;
  /** Answers the request asked for in one (`n`). */
  readonly answersAsked: number;
  /** Is shown every event of the lane's, for what must be known of it later; null: nothing must. */
  readonly seen: ((event: ReadEvent) => void) | null;
  /** Names who issued what is sealed, where that is not the protocol's own vendor; null: it is. */
  readonly issued: ((event: AnswerEvent) => AnswerEvent) | null;
  readonly classify: Classify;
}

export function createTranslateFlow(input: TranslateFlowInput): Flow {
  const splitter = input.from.createSplitter();
  const { reader } = input;
  const note = newFlowNote(input.answersAsked);
  const writer = createEventWriter(input.ingress, input.to, input.context, note);
  const toFirst = input.answersAsked === 1 ? createFirstChoice() : null;
  let committed = false;

  const take = (events: readonly ReadEvent[], frames: number, out: Uint8Array[]): FlowStep => {
    const wasDone = isDone(note);
    const piecesBefore = note.pieces;
    for (const event of events) {
      input.seen?.(event);
      if (event.type === "failed") {
        const failed = streamFailure(event.error, input.classify);
        if (mayFailOver(note, committed)) return { out: [], frames, failure: failed };
        out.push(...writer.push({ type: "failed", failure: failed }));
        return { out, frames, failure: null };
      }
      const answered = toFirst === null ? event : toFirst(event);
      out.push(...writer.push(input.issued === null ? answered : input.issued(answered)));
    }
    // Taken back when one more answer begins.
    note.settled = note.ended || reader.settled;
    note.answersDue = note.answersAsked - (reader.answersFinished ?? (note.settled ? 1 : 0));
    note.goesOn ||= wasDone && note.pieces > piecesBefore;
    return { out, frames, failure: null };
  };

  const trouble = (failed: Failure): Uint8Array[] =>
    note.ended ? [] : writer.push({ type: "failed", failure: failed });
  const isIdle = createIdleWatch();
  /** One by one, so that what came before a broken frame is said. */
  const read = (split: readonly Frame[], out: Uint8Array[]): FlowStep => {
    let frames = 0; // that say something
    for (const frame of split) {
      const events = reader.push(frame);
      if (events.some(says) || !isIdle(frame.data)) frames++;
      const step = take(events, frames, out);
      if (step.failure !== null) return step;
    }
    return { out, frames, failure: null };
  };
  return {
    note,
    tellsTrouble: true,
    heldBytes: splitter.heldBytes,
    commit: () => {
      committed = true;
    },
    push: (bytes) => guarded((out) => read(splitter.push(bytes), out), note, committed, trouble),
    end: () =>
      guarded(
        (out) => {
          const step = read(splitter.end(), out);
          return step.failure === null ? take(reader.end(), step.frames, out) : step;
        },
        note,
        committed,
        trouble,
      ),
    fail: trouble,
  };
}

function says(event: ReadEvent): boolean {
  if (isMeaningful(event)) return true;
  return event.type === "usage" || event.type === "finish" || event.type === "end" || event.type === "failed";
}

interface EventWriter {
  push(event: IrEvent): Uint8Array[];
}

/** Events to client bytes, with the note kept beside. */
export function createEventWriter(
  payload: Payload,
  framing: Framing,
  context: AnswerContext,
  note: FlowNote,
): EventWriter {
  const writer = payload.createStreamWriter({ ...context, outputTokensEstimate: () => outputTokensOf(note) });
  const joiner = framing.createJoiner();
  let lossesTaken = 0;
  return {
    push(event) {
      if (note.ended) return [];
      observe(event, note);
      const out: Uint8Array[] = [];
      for (const frame of writer.push(event)) out.push(joiner.write(frame));
      if (note.ended) out.push(joiner.end());
      if (writer.losses.length > lossesTaken) addLosses(note, writer.losses.slice(lossesTaken));
      lossesTaken = writer.losses.length;
      return out.filter((bytes) => bytes.length > 0);
    },
  };
}

function observe(event: IrEvent, note: FlowNote): void {
  if (isMeaningful(event)) countPiece(note, saidInEvent(event));
  switch (event.type) {
    case "start":
      note.model ??= event.model;
      return;
    case "usage":
      note.usage = mergeUsage(note.usage, event.usage);
      return;
    case "finish":
      note.finish = event.finish.raw ?? event.finish.reason;
      return;
    case "loss":
      addLosses(note, [event.loss]);
      return;
    case "failed":
      note.failure ??= event.failure;
      note.ended = true;
      note.settled = true;
      return;
    case "end":
      note.ended = true;
      note.settled = true;
      return;
    default:
      return;
  }
}
