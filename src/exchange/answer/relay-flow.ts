/** A streamed answer relayed: the lane's own bytes, with a tap beside that watches them. */
import type { Failure } from "../../ir/failure.ts";
import { mergeUsage } from "../../ir/usage.ts";
import type {
  AnswerContext,
  Frame,
  FrameSplitter,
  Framing,
  HiddenUsage,
  Payload,
  Tap,
  TapNote,
} from "../../protocols/protocol.ts";
import { createSaidCounter } from "../../protocols/shared/said-counter.ts";
import { parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { type Classify, CUT_SHORT } from "./classify.ts";
import {
  countPiece,
  type Flow,
  type FlowNote,
  type FlowStep,
  guarded,
  isDone,
  mayFailOver,
  NOTHING,
  newFlowNote,
} from "./flow.ts";
import { failureInStream } from "./headers.ts";
import { createIdleWatch } from "./idle-frames.ts";
import { STAND_IN, shortened, shortenedPiece } from "./shortened.ts";

interface RelayFlowInput {
  /** The lane's, which knows its words. */
  readonly egress: Payload;
  /** The client's, which writes trouble. The same payload as the lane's, but for its error envelope. */
  readonly ingress: Payload;
  /** How the stream travels from the lane, and how to the client. */
  readonly from: Framing;
  readonly to: Framing;
  readonly context: AnswerContext;
  /** Answers the request asked for in one (`n`). */
  readonly answersAsked: number;
  /** Withholds the usage the client did not ask for; null: every byte passes. */
  readonly hidden: HiddenUsage | null;
  /** Is shown every frame, for what must be known of it later; null: nothing must. */
  readonly remember: ((frame: Frame) => void) | null;
  readonly classify: Classify;
  /** Watches the stream. The payload's own but for operations beside chat. */
  readonly tap: Tap;
}

/**
 * The lane's own bytes, frame by whole frame, so that trouble can be told between two frames. Where lane and client frame
 * their streams differently the frames are the lane's own and the bytes around them the client's.
 */
export function createRelayFlow(input: RelayFlowInput): Flow {
  const { from, to, hidden, tap } = input;
  const [cutter, splitter] = [from.createCutter(), from.createSplitter()];
  const joiner = to.createJoiner();
  const reframes = from.id !== to.id;
  const note = newFlowNote(input.answersAsked);
  const isIdle = createIdleWatch();
  let frames = 0; // that say something, in the step under way
  const saidIn = createSaidCounter(input.egress.saidMembers);
  let committed = false;
  /** The protocol's own ending came, though perhaps of one answer of several. */
  let terminal = false;
  /** The lane's failure, told by a word that its clients do not know for one. */
  let untold: Failure | null = null;
  const shorten = reframes || input.remember !== null ? asItIs : shortenedPiece;

  /** Failure to stop at, or null; before the commit only. `leftOut`: bytes of text that the frame is without. */
  const watch = (frame: Frame, leftOut: number): Failure | null => {
    const seen = tap.frame(shortened(frame));
    const isOpen = mayFailOver(note, committed);
    input.remember?.(frame);
    noteSeen(note, seen);
    terminal ||= seen.terminal;
    if (seen.meaningful) countPiece(note, saidBytes(saidIn, frame.data, leftOut));
    if (says(seen) || !isIdle(frame.data)) frames++;
    if (seen.failure === null) return null;
    const failed = input.classify(seen.failure);
    if (isOpen) return failed;
    if (seen.isFailureUntold === true) untold = failed;
    // The vendor's own in-band error is the honest ending, and it is in the bytes already.
    note.failure ??= failed;
    note.ended = true;
    note.settled = true;
    return null;
  };

  const pass = (piece: Uint8Array, out: Uint8Array[]): void => {
    const kept = hidden === null ? piece : hidden.frame(piece);
    if (kept !== null && kept.length > 0) out.push(kept);
  };
  const relay = (pieces: readonly Uint8Array[], out: Uint8Array[]): FlowStep => {
    frames = 0;
    for (const piece of pieces) {
      const { bytes, leftOut } = shorten(piece);
      for (const frame of splitter.push(bytes)) {
        if (!closesAsItOpens(frame.data)) throw new WireError("A frame breaks off in the middle.");
        const failed = watch(frame, leftOut);
        if (failed !== null) return { out: [], frames, failure: failed };
        if (reframes) out.push(joiner.write(frame));
      }
      if (!reframes) pass(piece, out);
      if (untold !== null) return { out: [...out, ...trouble(untold)], frames, failure: null };
    }
    return { out, frames, failure: null };
  };

  /** Our own ending is written: what the lane still says is dropped. */
  let isCut = false;
  const trouble = (failed: Failure): Uint8Array[] => {
    isCut = true;
    note.failure ??= failed;
    note.ended = true;
    note.settled = true;
    return failureInStream(input.ingress, joiner, failed, input.context);
  };
  const terminate = (): Uint8Array[] => {
    note.ended = true;
    const { terminator } = input.egress;
    return terminator === null ? [] : [joiner.write(terminator)];
  };
  /** Closes the client's framing once the lane has said all; the lane's own bytes close themselves. */
  const close = (step: FlowStep): FlowStep => (reframes ? withLast(step, joiner.end()) : step);
  return {
    note,
    tellsTrouble: true,
    heldBytes: cutter.heldBytes,
    commit: () => {
      committed = true;
    },
    push: (bytes) => (isCut ? NOTHING : guarded((out) => relay(cutter.push(bytes), out), note, committed, trouble)),
    end: () =>
      guarded(
        (out) => {
          if (isCut) return NOTHING;
          const step = relay(lastFrames(from, splitter, cutter.end(), input.egress), out);
          if (step.failure !== null) return step;
          note.ended ||= terminal;
          if (note.ended) return close(step);
          if (note.settled) return close({ ...step, out: [...step.out, ...terminate()] });
          if (mayFailOver(note, committed)) return { ...step, out: [], failure: CUT_SHORT };
          note.failure ??= CUT_SHORT;
          return { ...step, out: [...step.out, ...trouble(CUT_SHORT)] };
        },
        note,
        committed,
        trouble,
      ),
    fail: (failed) => (note.ended ? [] : trouble(failed)),
  };
}

/** The whole text of a frame is needed. */
function asItIs(bytes: Uint8Array): ReturnType<typeof shortenedPiece> {
  return { bytes, leftOut: 0 };
}

/** As if the text left out still stood where its stand-in does: where that counts, each of its characters does. */
function saidBytes(saidIn: (data: string) => number, data: string, leftOut: number): number {
  const said = saidIn(data);
  return leftOut > 0 && said > saidIn(data.replace(STAND_IN, '""')) ? said + leftOut : said;
}

function noteSeen(note: FlowNote, seen: TapNote): void {
  note.goesOn ||= isDone(note) && seen.meaningful && !seen.terminal;
  note.usage = mergeUsage(note.usage, seen.usage);
  note.model ??= seen.model;
  note.finish = seen.finish ?? note.finish;
  countAnswers(note, seen);
}

/** Where the tap counts answers, what has begun after the others were finished is not settled, and one ending not the last. */
function countAnswers(note: FlowNote, { answers, settled, terminal }: TapNote): void {
  if (answers !== undefined || settled) note.answersDue = note.answersAsked - (answers?.finished ?? 1);
  const reopened = answers !== undefined && answers.open > 0 && !note.ended;
  note.settled = reopened ? false : note.settled || settled || terminal;
  note.ended ||= terminal && (answers === undefined || note.answersDue <= 0);
}

function withLast(step: FlowStep, last: Uint8Array): FlowStep {
  return last.length === 0 ? step : { ...step, out: [...step.out, last] };
}

function says({ meaningful, usage, finish, failure, terminal }: TapNote): boolean {
  return meaningful || usage !== null || finish !== null || failure !== null || terminal;
}

/** A cheap look at every frame: JSON that opens must close. */
function closesAsItOpens(data: string): boolean {
  return !data.startsWith("{") || data.endsWith("}") || data.trimEnd().endsWith("}");
}

/**
 * What came after the last boundary, with the boundary it lacks, so that what is written next does not become part of
 * it. A vendor may leave out its last blank line but not half of its last frame. The rest is parsed once; a rest that
 * is no JSON must be the protocol's own closing frame.
 */
function lastFrames(
  from: Framing,
  splitter: FrameSplitter,
  rest: Uint8Array | null,
  { terminator }: Payload,
): Uint8Array[] {
  if (rest === null) return [];
  const frames = [...splitter.push(rest), ...splitter.end()].filter(({ data }) => {
    if (!data.startsWith("{")) return data.trim() === terminator?.data;
    parseJson(data);
    return true;
  });
  return frames.map((frame) => from.createJoiner().write(frame));
}
