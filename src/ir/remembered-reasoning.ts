/** Reasoning of an answer that called tools, kept for clients that bring a call's result back without it. */
import type { ReasoningBlock } from "./request.ts";

export interface RememberedReasoning {
  readonly blocks: readonly RememberedBlock[];
  /** Payload whose issuer names its seals bear. */
  readonly payload: string;
  /** Seal issuer of the lane: only lanes with the same one can open its seals. */
  readonly issuer: string;
}

export interface RememberedBlock extends Pick<ReasoningBlock, "text" | "signature" | "encrypted"> {
  /** It came before the words of its answer; otherwise it stands right before the call. */
  readonly leads: boolean;
}

/** `key` is a digest of the caller, the call and, where callers are not told apart, the session. */
export interface KeptReasoning {
  readonly key: string;
  readonly reasoning: RememberedReasoning;
}

/** Of one process: a day of long sessions. */
export const REASONING_BOUNDS = { entriesMax: 10_000, weightMax: 64 * 1024 * 1024, ttlMs: 24 * 60 * 60_000 } as const;

/** Beside the text: objects, keys and the map's own slot. */
const ENTRY_BYTES = 256;
/** Text may be two bytes a character. */
const CHAR_BYTES = 2;

/** Bytes in memory, at most. */
export function bytesOf({ blocks }: RememberedReasoning): number {
  const chars = blocks.reduce(
    (sum, { text, signature, encrypted }) =>
      sum + text.length + (signature?.value.length ?? 0) + (encrypted?.value.length ?? 0),
    0,
  );
  return chars * CHAR_BYTES + (blocks.length + 1) * ENTRY_BYTES;
}
