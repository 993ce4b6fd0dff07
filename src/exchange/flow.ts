/**
 * What happens to the bytes of a streamed answer between lane and client: relayed with a tap beside, or read and
 * written again. Synchronous; the pump does the waiting. Until something meaningful was seen nothing may be sent, so
 * trouble is returned; from then on trouble is written into the stream and ends it.
 */
import { type IrEvent, isMeaningful } from "../ir/event.ts";
import { type Failure, failure } from "../ir/failure.ts";
import type { Loss } from "../ir/loss.ts";
import { mergeUsage, type Usage } from "../ir/usage.ts";
import type {
  AnswerContext,
  ErrorWords,
  Frame,
  FrameJoiner,
  FrameSplitter,
  Framing,
  HiddenUsage,
  Payload,
  Tap,
} from "../protocols/protocol.ts";
import { parseJson } from "../std/json.ts";
import { WireError } from "../std/wire-error.ts";
import { MALFORMED } from "./classify.ts";

export interface Flow {
  push(bytes: Uint8Array): FlowStep;
  /** The upstream closed. */
  end(): FlowStep;
  /** Bytes that tell the client of trouble after the commit, and end its stream legally. */
  fail(failed: Failure): Uint8Array[];
  /** The held handshake is sent although nothing meaningful came yet: trouble is written from now on. */
  commit(): void;
  readonly note: FlowNote;
  /** False: trouble after the commit cannot be written into the answer, so its connection must break. */
  readonly tellsTrouble: boolean;
}

export interface FlowStep {
  readonly out: readonly Uint8Array[];
  /** Frames seen in this step. */
  readonly frames: number;
  /** Trouble before anything meaningful; nothing of this answer may reach the client. */
  readonly failure: Failure | null;
}

/** What has been seen so far; changes as the flow runs. */
export interface FlowNote {
  meaningful: boolean;
  /** Frames or events that carried a part of the answer. */
  pieces: number;
  /** All that matters has come; the upstream may close, or be closed after a grace time. */
  settled: boolean;
  /** The stream's one ending has been written. */
  ended: boolean;
  usage: Usage | null;
  model: string | null;
  finish: string | null;
  /** Trouble that came after the commit. */
  failure: Failure | null;
  readonly losses: Loss[];
  lossCount: number;
}

/** Losses kept per answer; more are counted. */
const LOSSES_MAX = 64;

export type Classify = (words: ErrorWords) => Failure;

function newNote(): FlowNote {
  return {
    meaningful: false,
    pieces: 0,
    settled: false,
    ended: false,
    usage: null,
    model: null,
    finish: null,
    failure: null,
    losses: [],
    lossCount: 0,
  };
}

/** A part of the answer came. */
function countPiece(note: FlowNote): void {
  note.meaningful = true;
  note.pieces += 1;
}

export function addLosses(note: { readonly losses: Loss[]; lossCount: number }, losses: readonly Loss[]): void {
  note.lossCount += losses.length;
  note.losses.push(...losses.slice(0, Math.max(0, LOSSES_MAX - note.losses.length)));
}

const NOTHING: FlowStep = { out: [], frames: 0, failure: null };
const CUT_SHORT = failure("malformed", "The model's answer broke off before its end.");

// ---------------------------------------------------------------- relay

export interface RelayFlowInput {
  /** The lane's, which knows its words. */
  readonly egress: Payload;
  /** The client's, which writes trouble. The same payload as the lane's, but for its error envelope. */
  readonly ingress: Payload;
  /** How the stream travels from the lane, and how to the client. */
  readonly from: Framing;
  readonly to: Framing;
  readonly context: AnswerContext;
  /** Withholds the usage the client did not ask for; null: every byte passes. */
  readonly hidden: HiddenUsage | null;
  /** Is shown every frame's data, for what must be known of it later; null: nothing must. */
  readonly remember: ((data: string) => void) | null;
  readonly classify: Classify;
  /** Watches the stream. The payload's own but for operations beside chat. */
  readonly tap: Tap;
}

/**
 * The lane's own bytes, frame by whole frame, so that trouble can be told between two frames. Where lane and client frame
 * their streams differently the frames are the lane's own and the bytes around them the client's.
 */
export function createRelayFlow(input: RelayFlowInput): Flow {
  const { from, to, hidden } = input;
  const cutter = from.createCutter();
  const splitter = from.createSplitter();
  const joiner = to.createJoiner();
  const reframes = from.id !== to.id;
  const { tap } = input;
  const note = newNote();
  let committed = false;

  /** Failure to stop at, or null; before the commit only. */
  const watch = (frame: Frame): Failure | null => {
    const seen = tap.frame(frame);
    input.remember?.(frame.data);
    note.usage = mergeUsage(note.usage, seen.usage);
    note.model ??= seen.model;
    note.finish = seen.finish ?? note.finish;
    note.settled ||= seen.settled || seen.terminal;
    note.ended ||= seen.terminal;
    if (seen.meaningful) countPiece(note);
    if (seen.failure === null) return null;
    const failed = input.classify(seen.failure);
    if (!committed && !note.meaningful) return failed;
    // The vendor's own in-band error is the honest ending, and it is in the bytes already.
    note.failure = failed;
    note.ended = true;
    note.settled = true;
    return null;
  };

  const pass = (piece: Uint8Array, out: Uint8Array[]): void => {
    const kept = hidden === null ? piece : hidden.frame(piece);
    if (kept !== null && kept.length > 0) out.push(kept);
  };
  const relay = (pieces: readonly Uint8Array[], out: Uint8Array[]): FlowStep => {
    let frames = 0;
    for (const piece of pieces) {
      for (const frame of splitter.push(piece)) {
        frames++;
        if (!closesAsItOpens(frame.data)) throw new WireError("A frame breaks off in the middle.");
        const failed = watch(frame);
        if (failed !== null) return { out: [], frames, failure: failed };
        if (reframes) out.push(joiner.write(frame));
      }
      if (!reframes) pass(piece, out);
    }
    return { out, frames, failure: null };
  };

  /** Our own ending is written: whatever the lane still says is nobody's any more. */
  let isCut = false;
  const trouble = (failed: Failure): Uint8Array[] => {
    isCut = true;
    return writeTrouble(input.ingress, joiner, input.context, note, failed);
  };
  const terminate = (): Uint8Array[] => {
    note.ended = true;
    const { terminator } = input.egress;
    return terminator === null ? [] : [joiner.write(terminator)];
  };
  /** Closes the client's framing once the lane has said all; the lane's own bytes close themselves. */
  const close = (step: FlowStep): FlowStep => {
    const last = reframes ? joiner.end() : NO_BYTES;
    return last.length === 0 ? step : { ...step, out: [...step.out, last] };
  };
  return {
    note,
    tellsTrouble: true,
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
          if (note.ended) return close(step);
          if (note.settled) return close({ ...step, out: [...step.out, ...terminate()] });
          if (!committed && !note.meaningful) return { ...step, out: [], failure: CUT_SHORT };
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

/** A cheap look at every frame: JSON that opens must close. */
function closesAsItOpens(data: string): boolean {
  return !data.startsWith("{") || data.endsWith("}") || data.trimEnd().endsWith("}");
}

/**
 * What came after the last boundary, with the boundary it lacks, so that what is written next does not become part of it. A
 * vendor may leave out its last blank line but not half of its last frame: JSON is parsed, once, and what is none must be
 * the protocol's own last word.
 */
function lastFrames(
  from: Framing,
  splitter: FrameSplitter,
  rest: Uint8Array | null,
  { terminator }: Payload,
): Uint8Array[] {
  if (rest === null) return [];
  const frames = [...splitter.push(rest), ...splitter.end()].filter(({ data }) => {
    if (!data.startsWith("{")) return data === terminator?.data;
    parseJson(data);
    return true;
  });
  return frames.map((frame) => from.createJoiner().write(frame));
}

/** A fresh writer tells the trouble in the protocol's own shape. */
function writeTrouble(
  payload: Payload,
  joiner: FrameJoiner,
  context: AnswerContext,
  note: FlowNote,
  failed: Failure,
): Uint8Array[] {
  note.failure ??= failed;
  note.ended = true;
  note.settled = true;
  const frames = payload.createStreamWriter(context).push({ type: "failed", failure: failed });
  return [...frames.map((frame) => joiner.write(frame)), joiner.end()].filter((bytes) => bytes.length > 0);
}

const NO_BYTES = new Uint8Array(0);

// ---------------------------------------------------------------- translate

export interface TranslateFlowInput {
  readonly ingress: Payload;
  readonly egress: Payload;
  /** How the stream travels from the lane, and how to the client. */
  readonly from: Framing;
  readonly to: Framing;
  readonly context: AnswerContext;
  /** Names who issued what is sealed, where that is not the protocol's own vendor; null: it is. */
  readonly issued: ((event: IrEvent) => IrEvent) | null;
  /** Sees a failure made by the reader once more, so that the operator's error_map holds for errors inside a stream. */
  readonly reclassify: (failed: Failure) => Failure;
}

export function createTranslateFlow(input: TranslateFlowInput): Flow {
  const splitter = input.from.createSplitter();
  const reader = input.egress.createStreamReader();
  const note = newNote();
  const writer = createEventWriter(input.ingress, input.to, input.context, note);
  let committed = false;

  const take = (events: readonly IrEvent[], frames: number, out: Uint8Array[]): FlowStep => {
    for (const each of events) {
      const event = input.issued === null ? each : input.issued(each);
      if (event.type === "failed") {
        const failed = input.reclassify(event.failure);
        if (!committed && !note.meaningful) return { out: [], frames, failure: failed };
        out.push(...writer.push({ type: "failed", failure: failed }));
        return { out, frames, failure: null };
      }
      out.push(...writer.push(event));
    }
    note.settled ||= reader.settled;
    return { out, frames, failure: null };
  };

  const trouble = (failed: Failure): Uint8Array[] =>
    note.ended ? [] : writer.push({ type: "failed", failure: failed });
  /** One by one, so that what came before a broken frame is said. */
  const read = (frames: readonly Frame[], out: Uint8Array[]): FlowStep => {
    for (const frame of frames) {
      const step = take(reader.push(frame), frames.length, out);
      if (step.failure !== null) return step;
    }
    return { out, frames: frames.length, failure: null };
  };
  return {
    note,
    tellsTrouble: true,
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

export interface EventWriter {
  push(event: IrEvent): Uint8Array[];
}

/** Events to client bytes, with the note kept beside. */
export function createEventWriter(
  payload: Payload,
  framing: Framing,
  context: AnswerContext,
  note: FlowNote,
): EventWriter {
  const writer = payload.createStreamWriter(context);
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
  if (isMeaningful(event)) countPiece(note);
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

/** Malformed wire input inside a step: returned before the commit, told to the client after it and after what was good. */
function guarded(
  step: (out: Uint8Array[]) => FlowStep,
  note: FlowNote,
  committed: boolean,
  trouble: (failed: Failure) => Uint8Array[],
): FlowStep {
  const out: Uint8Array[] = [];
  try {
    return step(out);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    if (!committed && !note.meaningful) return { out: [], frames: 0, failure: MALFORMED };
    return { out: note.ended ? out : [...out, ...trouble(MALFORMED)], frames: 0, failure: null };
  }
}

export const newFlowNote = newNote;
