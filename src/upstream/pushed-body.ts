/** Chunks given as they come, of any body: pushed by those that can, and asked for one by one of the others. */
import type { PushedBody, UpstreamBody, UpstreamChunk } from "./contract.ts";

/** `take` is given an ending as the last. It begins paused. */
export function pushedBody(body: UpstreamBody, take: (chunk: UpstreamChunk) => void): PushedBody {
  return body.pushTo?.(take) ?? new AskedBody(body, take);
}

/** A class, because it holds that one chunk is asked for at a time, and that what came in a pause waits for its end. */
class AskedBody implements PushedBody {
  readonly #body: UpstreamBody;
  readonly #take: (chunk: UpstreamChunk) => void;
  #held: UpstreamChunk | null = null;
  #isPaused = true;
  #isAsked = false;
  #isOver = false;

  constructor(body: UpstreamBody, take: (chunk: UpstreamChunk) => void) {
    this.#body = body;
    this.#take = take;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const held = this.#held;
    this.#held = null;
    if (held === null) this.#ask();
    else this.#give(held);
  }

  #ask(): void {
    if (this.#isAsked || this.#isPaused || this.#isOver) return;
    this.#isAsked = true;
    void this.#body.next().then(this.#came);
  }

  readonly #came = (chunk: UpstreamChunk): void => {
    this.#isAsked = false;
    if (this.#isPaused) this.#held = chunk;
    else this.#give(chunk);
  };

  #give(chunk: UpstreamChunk): void {
    if (chunk.kind !== "bytes") this.#isOver = true;
    this.#take(chunk);
    this.#ask();
  }
}
