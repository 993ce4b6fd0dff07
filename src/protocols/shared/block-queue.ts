/**
 * Puts the blocks of an answer in the order some wires demand: one open at a time, numbered from 0 without a gap. Other
 * vendors interleave parallel tool calls; a block that starts while another is open waits, its deltas held.
 *
 * Text can be cut in two without changing the answer. So an open text block makes way for a block that starts, and its
 * later text becomes a new text block. Nothing but interleaved tool calls is ever held for long.
 */

/** Text held for waiting blocks: as much as the largest answer; beyond it the vendor misbehaves. */
const HELD_CHARS_MAX = 16 * 1024 * 1024;

interface QueuedBlock {
  /** Writes its start. `index` is its place on the wire. */
  readonly open: (index: number) => void;
  readonly close: (index: number) => void;
  /** Opens with its first delta and makes way for others; later deltas open it again under a new index. */
  readonly divisible: boolean;
}

export interface BlockQueue {
  start(block: number, content: QueuedBlock): void;
  /** `chars` is what it costs to hold. A delta of a block that was never started, or has ended, is dropped. */
  delta(block: number, chars: number, write: (index: number) => void): void;
  end(block: number): void;
  /** Closes everything, in order. */
  finish(): void;
  /** More is held than any answer has. */
  overflowed(): boolean;
}

interface WaitingBlock {
  readonly content: QueuedBlock;
  readonly held: ((index: number) => void)[];
  heldChars: number;
  /** The vendor has ended it: it closes when its turn comes. */
  ended: boolean;
  /** Waiting for its turn, or open. A divisible block may be neither. */
  queued: boolean;
}

export function createBlockQueue(): BlockQueue {
  const entries = new Map<number, WaitingBlock>();
  const waiting: WaitingBlock[] = []; // the first is the open one
  let openIndex: number | null = null; // of the first in the queue, once its start is written
  let nextIndex = 0;
  let heldChars = 0;

  const openFirst = (): void => {
    const first = waiting[0];
    if (first === undefined || openIndex !== null) return;
    openIndex = nextIndex++;
    first.content.open(openIndex);
    for (const write of first.held) write(openIndex);
    first.held.length = 0;
    heldChars -= first.heldChars;
    first.heldChars = 0;
  };
  const closeFirst = (): void => {
    const first = waiting.shift();
    if (first === undefined || openIndex === null) return;
    first.content.close(openIndex);
    first.queued = false;
    openIndex = null;
  };
  /** Closes what is done or makes way, and opens the next. Each turn closes one, so it ends. */
  const advance = (): void => {
    openFirst();
    for (let first = waiting[0]; first !== undefined && mayClose(first, waiting.length); first = waiting[0]) {
      closeFirst();
      openFirst();
    }
  };
  const enqueue = (entry: WaitingBlock): void => {
    entry.queued = true;
    waiting.push(entry);
    advance();
  };

  return {
    start(block, content) {
      const entry: WaitingBlock = { content, held: [], heldChars: 0, ended: false, queued: false };
      entries.set(block, entry);
      // Without a delta a text block would be empty, which the vendor refuses when the client replays it.
      if (!content.divisible) enqueue(entry);
    },
    delta(block, chars, write) {
      const entry = entries.get(block);
      if (entry === undefined || entry.ended) return;
      if (!entry.queued) enqueue(entry);
      if (waiting[0] === entry && openIndex !== null) {
        write(openIndex);
        return;
      }
      entry.held.push(write);
      entry.heldChars += chars;
      heldChars += chars;
    },
    end(block) {
      const entry = entries.get(block);
      if (entry === undefined) return;
      entry.ended = true;
      entries.delete(block);
      advance();
    },
    finish() {
      for (const entry of waiting) entry.ended = true;
      entries.clear();
      advance();
    },
    overflowed: () => heldChars > HELD_CHARS_MAX,
  };
}

function mayClose(first: WaitingBlock, waitingCount: number): boolean {
  return first.ended || (first.content.divisible && waitingCount > 1);
}
