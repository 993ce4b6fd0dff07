/** The answer before the commit: read until there is something to commit to, and nothing reaches the client. */
import { type Failure, failure } from "../../ir/failure.ts";
import type { Effects } from "../../std/effects.ts";
import type { UpstreamBody } from "../../upstream/contract.ts";
import { MALFORMED } from "./classify.ts";
import { type Flow, type FlowStep, isDone, isSilent } from "./flow.ts";

/** A handshake larger than this is committed unseen: no vendor's is. Pings are no part of it. */
const HELD_FRAMES_MAX = 64;
/** As one frame: a first event may echo all tools and instructions. */
const HELD_BYTES_MAX = 16 * 1024 * 1024;
/** Comments, pings and padding ahead of any event. */
const PADDING_BYTES_MAX = 256 * 1024;
/** An answer that is judged as a whole may not be larger. */
export const HELD_WHOLE_BYTES_MAX = 16 * 1024 * 1024;
export const TOO_LARGE_TO_JUDGE = failure("answer-refused", "The model's answer is too large to be judged as a whole.");
/** How long an upstream may stay open after its last word before we close it. */
export const GRACE_MS = 2_000;

export type OpenedFlow =
  | { readonly kind: "committed"; readonly held: readonly Uint8Array[]; readonly closed: boolean }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted" };

/** Reads until the first meaningful event, the end, trouble, or a full handshake buffer. Nothing reaches the client here. */
export async function openFlow(body: UpstreamBody, flow: Flow): Promise<OpenedFlow> {
  const held: Uint8Array[] = [];
  let seenBytes = 0;
  let frames = 0;
  for (;;) {
    const chunk = await body.next();
    if (chunk.kind === "aborted") return { kind: "aborted" };
    if (chunk.kind === "failed") return { kind: "failed", failure: chunk.failure };
    const step = chunk.kind === "end" ? flow.end() : flow.push(chunk.bytes);
    if (step.failure !== null) return giveUp(body, step.failure);
    held.push(...step.out);
    if (chunk.kind === "bytes") seenBytes += chunk.bytes.length;
    // One large frame, a picture as a rule, is a frame like any other; its framing bounds it.
    const heldBytes = seenBytes - flow.heldBytes();
    frames += step.frames;
    const closed = chunk.kind === "end";
    // Without end: there is nothing to commit to.
    if (frames === 0 && heldBytes >= PADDING_BYTES_MAX) return giveUp(body, MALFORMED);
    if (closed || flow.note.meaningful || frames >= HELD_FRAMES_MAX || heldBytes >= HELD_BYTES_MAX) {
      body.begun();
      flow.commit();
      return { kind: "committed", held, closed };
    }
    if (isIdle(flow, step)) body.idled();
  }
}

/** Nothing came but signs of life. */
export function isIdle(flow: Flow, step: FlowStep): boolean {
  return step.frames === 0 && flow.heldBytes() === 0;
}

/** Reads until the answer is whole, or trouble. Nothing reaches the client here. */
export async function openWhole(body: UpstreamBody, flow: Flow, setTimer: Effects["setTimer"]): Promise<OpenedFlow> {
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  let cancelGrace: (() => void) | null = null;
  try {
    for (;;) {
      const chunk = await body.next();
      // Done: our own grace timer, or an upstream that breaks after its last word.
      if (chunk.kind === "aborted" && !isDone(flow.note)) return { kind: "aborted" };
      if (chunk.kind === "failed" && !isDone(flow.note)) return { kind: "failed", failure: chunk.failure };
      const step = chunk.kind === "bytes" ? flow.push(chunk.bytes) : flow.end();
      if (step.failure !== null) return giveUp(body, step.failure);
      held.push(...step.out);
      if (chunk.kind !== "bytes" || flow.note.ended) {
        flow.commit();
        return { kind: "committed", held, closed: chunk.kind !== "bytes" };
      }
      heldBytes += chunk.bytes.length;
      if (heldBytes > HELD_WHOLE_BYTES_MAX) return giveUp(body, TOO_LARGE_TO_JUDGE);
      if (flow.note.meaningful) body.begun();
      if (isIdle(flow, step)) body.idled();
      cancelGrace?.();
      cancelGrace = isSilent(flow.note) ? setTimer(GRACE_MS, () => body.cancel()) : null;
    }
  } finally {
    cancelGrace?.();
  }
}

function giveUp(body: UpstreamBody, failed: Failure): OpenedFlow {
  body.cancel();
  return { kind: "failed", failure: failed };
}
