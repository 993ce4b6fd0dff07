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
    note.meaningful ||= seen.meaningful;
    if (seen.failure === null) return null;
    const failed = input.classify(seen.failure);
    if (!committed && !note.meaningful) return failed;
    // The vendor's own in-band error is the honest ending, and it is in the bytes already.
    note.failure = failed;
    note.ended = true;
    note.settled = true;
    return null;
  };

  const relay = (pieces: readonly Uint8Array[], last: boolean): FlowStep => {
    const out: Uint8Array[] = [];
    let frames = 0;
    for (const piece of pieces) {
      const read = last ? [...splitter.push(piece), ...splitter.end()] : splitter.push(piece);
      for (const frame of read) {
        frames++;
        if (!looksWhole(frame.data, last)) throw new WireError("A frame breaks off in the middle.");
        const failed = watch(frame);
        if (failed !== null) return { out: [], frames, failure: failed };
        if (reframes) out.push(joiner.write(frame));
      }
      if (reframes) continue;
      const kept = hidden === null ? piece : hidden.frame(piece);
      if (kept !== null && kept.length > 0) out.push(kept);
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
    push: (bytes) => (isCut ? NOTHING : guarded(() => relay(cutter.push(bytes), false), note, committed, trouble)),
    end: () =>
      guarded(
        () => {
          if (isCut) return NOTHING;
          const rest = cutter.end();
          const step = rest === null ? { out: [], frames: 0, failure: null } : relay([rest], true);
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

/**
 * A cheap look at every frame: JSON that opens must close. The unfinished frame at the end is parsed, once, because a
 * vendor may leave out its last blank line but not half of its JSON.
 */
function looksWhole(data: string, last: boolean): boolean {
  if (!data.startsWith("{")) return true;
  if (!last) return data.endsWith("}") || data.trimEnd().endsWith("}");
  try {
    parseJson(data);
    return true;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
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

  const take = (events: readonly IrEvent[], frames: number): FlowStep => {
    const out: Uint8Array[] = [];
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
  const eventsOf = (frames: readonly Frame[]): IrEvent[] => {
    const events: IrEvent[] = [];
    for (const frame of frames) for (const event of reader.push(frame)) events.push(event);
    return events;
  };
  const read = (frames: readonly Frame[]): FlowStep => take(eventsOf(frames), frames.length);
  return {
    note,
    tellsTrouble: true,
    commit: () => {
      committed = true;
    },
    push: (bytes) => guarded(() => read(splitter.push(bytes)), note, committed, trouble),
    end: () =>
      guarded(
        () => {
          const last = splitter.end();
          return take([...eventsOf(last), ...reader.end()], last.length);
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
      const put = (bytes: Uint8Array): void => {
        if (bytes.length > 0) out.push(bytes);
      };
      for (const frame of writer.push(event)) put(joiner.write(frame));
      if (note.ended) put(joiner.end());
      if (writer.losses.length > lossesTaken) {
        addLosses(note, writer.losses.slice(lossesTaken));
        lossesTaken = writer.losses.length;
      }
      return out;
    },
  };
}

function observe(event: IrEvent, note: FlowNote): void {
  note.meaningful ||= isMeaningful(event);
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

/** Malformed wire input inside a step: returned before the commit, told to the client after it. */
function guarded(
  step: () => FlowStep,
  note: FlowNote,
  committed: boolean,
  trouble: (failed: Failure) => Uint8Array[],
): FlowStep {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    if (!committed && !note.meaningful) return { out: [], frames: 0, failure: MALFORMED };
    return { out: note.ended ? [] : trouble(MALFORMED), frames: 0, failure: null };
  }
}

export const newFlowNote = newNote;
