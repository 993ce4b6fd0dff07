/**
 * What happens to the bytes of a streamed answer between lane and client: relayed with a tap beside, or read and
 * written again. Synchronous; the pump does the waiting. Until the commit nothing is sent, so
 * trouble is returned; from then on trouble is written into the stream and ends it.
 */
import type { Failure } from "../../ir/failure.ts";
import type { Loss } from "../../ir/loss.ts";
import type { Usage } from "../../ir/usage.ts";
import { WireError } from "../../std/wire-error.ts";
import { FRAME_TOO_LARGE, MALFORMED } from "./classify.ts";
import { tokensOfBytes } from "./said.ts";

export interface Flow {
  /** Of a frame that has begun and is not whole: nothing can be said of it yet. */
  heldBytes(): number;
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
  /** Frames seen in this step that say something new: pings do not. */
  readonly frames: number;
  /** Trouble before the commit; nothing of this answer may reach the client. */
  readonly failure: Failure | null;
}

/** What has been seen so far; changes as the flow runs. */
export interface FlowNote {
  meaningful: boolean;
  /** Frames or events that carried a part of the answer. */
  pieces: number;
  /** Bytes of the answer's texts. */
  saidBytes: number;
  /** Every answer that has begun is finished; the upstream may close. One more may begin and take that back. */
  settled: boolean;
  /** More came after the ending of all answers: this lane's finish words end nothing, the stream's own end does. */
  goesOn: boolean;
  readonly answersAsked: number;
  /** Answers asked for and not finished; while there are any, an upstream that is silent is waited for. */
  answersDue: number;
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

export function newFlowNote(answersAsked = 1): FlowNote {
  return {
    meaningful: false,
    pieces: 0,
    saidBytes: 0,
    settled: false,
    goesOn: false,
    answersAsked,
    answersDue: answersAsked,
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
export function countPiece(note: FlowNote, saidBytes: number): void {
  note.meaningful = true;
  note.pieces += 1;
  note.saidBytes += saidBytes;
}

/** Tokens of the answer so far, counted by us: a piece holds one or more, and a text as many as its length makes. */
export function outputTokensOf({ pieces, saidBytes }: FlowNote): number {
  return Math.max(pieces, tokensOfBytes(saidBytes));
}

/** The answer is whole as it stands: an upstream that closes or breaks now has said all. */
export function isDone(note: FlowNote): boolean {
  return note.ended || (note.settled && note.answersDue <= 0);
}

/** Nothing that the client waits for will follow: an upstream that stays open is closed after a grace time. */
export function isSilent(note: FlowNote): boolean {
  return note.ended || (isDone(note) && !note.goesOn && note.saidBytes > 0);
}

/**
 * Nothing has been sent, so that another lane may still answer: also where trouble came in the same piece as the first
 * words. Not where the answer was whole by then.
 */
export function mayFailOver(note: FlowNote, committed: boolean): boolean {
  return !committed && !(note.meaningful && note.ended);
}

export function addLosses(note: { readonly losses: Loss[]; lossCount: number }, losses: readonly Loss[]): void {
  note.lossCount += losses.length;
  note.losses.push(...losses.slice(0, Math.max(0, LOSSES_MAX - note.losses.length)));
}

export const NOTHING: FlowStep = { out: [], frames: 0, failure: null };

/** Malformed wire input inside a step: returned before the commit, told to the client after it and after what was good. */
export function guarded(
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
    const failed = error.about === "size" ? FRAME_TOO_LARGE : MALFORMED;
    if (mayFailOver(note, committed)) return { out: [], frames: 0, failure: failed };
    return { out: note.ended ? out : [...out, ...trouble(failed)], frames: 0, failure: null };
  }
}

/**
 * An answer in a format that no reader here knows (sound, plain text, the rest of a large buffered one), byte for byte. A
 * break cannot be told inside it, so the client's connection breaks too.
 */
export function createPassFlow(): Flow {
  const note = newFlowNote();
  return {
    note,
    tellsTrouble: false,
    heldBytes: () => 0,
    commit: () => undefined,
    push(bytes) {
      note.meaningful ||= bytes.length > 0;
      return { out: [bytes], frames: 1, failure: null };
    },
    end() {
      if (!note.meaningful) return { out: [], frames: 0, failure: MALFORMED };
      note.settled = true;
      note.ended = true;
      return { out: [], frames: 0, failure: null };
    },
    fail(failed) {
      note.failure = failed;
      return [];
    },
  };
}
