/**
 * The body of one answer between the connection, which pushes, and its reader, which asks for each chunk or is given them as
 * they come. What is not taken yet is bounded: the connection is paused until it has been read.
 */
import { concatBytes } from "../../std/bytes.ts";
import type { PushedBody, UpstreamChunk } from "../contract.ts";

/** One packet may go beyond. */
const HELD_BYTES_MAX = 64 * 1024;

export interface BodyHooks {
  pause(): void;
  resume(): void;
  /** What the reader is given, as it is given. */
  took(chunk: UpstreamChunk): void;
  /** A reader that is given chunks waits for the next one. */
  waits(): void;
}

/** A class, because it holds that a chunk is given once, in order, and nothing after the ending. */
export class BodySource implements PushedBody {
  readonly #hooks: BodyHooks;
  /** The body is given in one piece. */
  readonly #isWhole: boolean;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #ending: UpstreamChunk | null = null;
  #reader: ((chunk: UpstreamChunk) => void) | null = null;
  /** Is given chunks as they come, unless it has paused them. */
  #take: ((chunk: UpstreamChunk) => void) | null = null;
  #isTakePaused = true;
  #isSocketPaused = false;

  constructor(isWhole: boolean, hooks: BodyHooks) {
    this.#isWhole = isWhole;
    this.#hooks = hooks;
  }

  /** A body in one piece has all come. */
  get isComplete(): boolean {
    return this.#isWhole && this.#ending !== null;
  }

  push(bytes: Uint8Array): void {
    if (this.#ending !== null) return;
    if (this.#reader !== null && !this.#isWhole) {
      this.#give({ kind: "bytes", bytes, isLast: false });
      return;
    }
    if (this.#take !== null && !this.#isTakePaused && !this.#isWhole) {
      const chunk: UpstreamChunk = { kind: "bytes", bytes, isLast: false };
      this.#hooks.took(chunk);
      this.#take(chunk);
      if (this.#canGive()) this.#hooks.waits();
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#isWhole || this.#isSocketPaused || this.#heldBytes < HELD_BYTES_MAX) return;
    this.#isSocketPaused = true;
    this.#hooks.pause();
  }

  /** What is held comes first; of a body in one piece nothing, unless it is the whole of it. */
  end(ending: UpstreamChunk): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    if (this.#isWhole && ending.kind !== "end") this.#held = [];
    if (this.#reader !== null) this.#give(this.#next() ?? ending);
    else this.#giveAll();
  }

  /** What is held is dropped. */
  break(ending: UpstreamChunk): void {
    this.#held = [];
    this.#ending = ending;
    if (this.#reader !== null) this.#give(ending);
    else this.#giveAll();
  }

  pushTo(take: (chunk: UpstreamChunk) => void): PushedBody {
    this.#take = take;
    return this;
  }

  pause(): void {
    this.#isTakePaused = true;
  }

  resume(): void {
    this.#isTakePaused = false;
    this.#giveAll();
    if (this.#canGive()) this.#hooks.waits();
  }

  #canGive(): boolean {
    return this.#take !== null && !this.#isTakePaused && this.#ending === null;
  }

  /** What is held, and the ending. */
  #giveAll(): void {
    while (this.#take !== null && !this.#isTakePaused) {
      const chunk = this.#next();
      if (chunk === null) return;
      const take = this.#take;
      if (chunk.kind !== "bytes") this.#take = null;
      this.#hooks.took(chunk);
      take(chunk);
    }
  }

  /** null: it has not all come, or is not given in one piece. */
  takeWhole(): Uint8Array | null {
    if (!this.#isWhole || this.#ending?.kind !== "end" || this.#held.length === 0) return null;
    const chunk = this.#next();
    if (chunk?.kind !== "bytes") return null;
    this.#hooks.took(chunk);
    return chunk.bytes;
  }

  next(): Promise<UpstreamChunk> {
    const chunk = this.#next();
    if (chunk === null) {
      return new Promise((resolve) => {
        this.#reader = resolve;
      });
    }
    this.#hooks.took(chunk);
    return Promise.resolve(chunk);
  }

  #give(chunk: UpstreamChunk): void {
    const reader = this.#reader;
    this.#reader = null;
    this.#hooks.took(chunk);
    reader?.(chunk);
  }

  /** null: nothing can be given yet. */
  #next(): UpstreamChunk | null {
    const [first] = this.#held;
    if (first === undefined) return this.#ending;
    if (this.#isWhole && this.#ending === null) return null;
    const bytes = this.#held.length === 1 ? first : concatBytes(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    if (this.#isSocketPaused) {
      this.#isSocketPaused = false;
      this.#hooks.resume();
    }
    return { kind: "bytes", bytes, isLast: this.#isWhole };
  }
}
