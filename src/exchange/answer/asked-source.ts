/** A source that is pushed, for a reader that asks for each piece: one promise a piece, and nothing is read ahead. */
import type { ByteSink, ByteSource, PushedSource, Pushing } from "../contract.ts";

export function askedOf(source: PushedSource): ByteSource {
  return new AskedSource(source);
}

/** A class, because it holds that a source is either pushed or asked, and that a piece answers one question. */
class AskedSource implements ByteSource, ByteSink {
  readonly #source: PushedSource;
  #pushing: Pushing | null = null;
  #isOver = false;
  #answer: ((bytes: Uint8Array | null) => void) | null = null;

  constructor(source: PushedSource) {
    this.#source = source;
  }

  pushTo(sink: ByteSink): Pushing {
    return this.#source.pushTo(sink);
  }

  next(): Promise<Uint8Array | null> {
    if (this.#isOver) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#answer = resolve;
      if (this.#pushing === null) this.#pushing = this.#source.pushTo(this);
      else this.#pushing.resume();
    });
  }

  /** Always full: the next piece is asked for. */
  write(bytes: Uint8Array): boolean {
    this.#reply(bytes);
    return false;
  }

  end(): void {
    this.#isOver = true;
    this.#reply(null);
  }

  cancel(): void {
    this.#isOver = true;
    this.#source.cancel();
    this.#reply(null);
  }

  get isCut(): boolean {
    return this.#source.isCut;
  }

  #reply(bytes: Uint8Array | null): void {
    const answer = this.#answer;
    this.#answer = null;
    answer?.(bytes);
  }
}
