/**
 * A streamed answer at the client's pace: what comes is written as it comes, until the connection has no room. A client that
 * takes nothing for too long counts as gone.
 */
import type { ByteSink, ByteSource, Pushing } from "../../exchange/contract.ts";
import type { Effects } from "../../std/effects.ts";
import type { StreamedBody } from "../arrival.ts";
import { type StallWatch, watchStall } from "../stall-watch.ts";
import type { SocketWriter } from "./socket-writer.ts";

interface AnswerStreamOptions {
  readonly writer: SocketWriter;
  /** Each piece is a chunk with its length; otherwise the end of the connection is the end of the body. */
  readonly isChunked: boolean;
  readonly nowMs: Effects["nowMs"];
  readonly setTimer: Effects["setTimer"];
  /** All of it is with the system. */
  readonly onWhole: () => void;
  /** A reset is the one way left to say that something is missing, or that the client was given up. */
  readonly onCut: () => void;
}

/** A class, because it is asked from three sides: the source, the connection and the timer. */
export class AnswerStream implements ByteSink {
  readonly #source: ByteSource;
  readonly #onEnd: () => void;
  readonly #options: AnswerStreamOptions;
  #isOver = false;
  /** The first digit of the next chunk's length is sent already. */
  #sentZero = false;
  /** null: it has not begun. */
  #stall: StallWatch | null = null;
  /** null: the source is asked for each piece. */
  #pushing: Pushing | null = null;

  constructor({ source, onEnd }: StreamedBody, options: AnswerStreamOptions) {
    this.#source = source;
    this.#onEnd = onEnd;
    this.#options = options;
  }

  /** Once, after the head was sent. */
  start(): void {
    const { nowMs, setTimer, onCut } = this.#options;
    const onStall = (): void => {
      this.leave();
      onCut();
    };
    this.#stall = watchStall({ nowMs, setTimer, onStall });
    if (this.#source.pushTo === undefined) this.#ask();
    else this.#pushing = this.#source.pushTo(this);
  }

  /** As `ByteSink` says. */
  write(bytes: Uint8Array): boolean {
    // The client may have left in the meantime.
    if (this.#isOver) return true;
    this.#sentZero = false;
    const isTaken = this.#options.writer.send(this.#framed(bytes), this.#onSent);
    if (!isTaken) this.#stall?.ready();
    return isTaken;
  }

  /** As `ByteSink` says. */
  end(isCut: boolean): void {
    if (this.#isOver) return;
    const { writer, isChunked, onWhole, onCut } = this.#options;
    this.#finish();
    if (isCut) onCut();
    else if (!isChunked || writer.send([LAST_CHUNK], onWhole)) onWhole();
  }

  /** The client is gone. */
  leave(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#source.cancel();
  }

  /**
   * Sends a zero, which begins the length of whatever comes next and changes nothing of it: a client that has closed both
   * ways answers with a reset, one that closed only its own reads on.
   */
  touch(): void {
    if (this.#isOver || !this.#options.isChunked || this.#sentZero || this.#options.writer.isFull) return;
    this.#sentZero = true;
    this.#options.writer.send([ZERO], NOTHING);
  }

  #ask(): void {
    this.#source.next().then(
      (bytes) => {
        if (bytes === null) this.end(this.#source.isCut);
        else if (this.write(bytes) && !this.#isOver) this.#ask();
      },
      () => this.#cut(),
    );
  }

  readonly #onSent = (): void => {
    if (this.#isOver) return;
    this.#stall?.waits();
    if (this.#pushing === null) this.#ask();
    else this.#pushing.resume();
  };

  #cut(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#options.onCut();
  }

  #finish(): void {
    this.#isOver = true;
    this.#stall?.stop();
    this.#onEnd();
  }

  /** Small pieces are sent as one write, because each is a call of the system; large ones are not copied. */
  #framed(bytes: Uint8Array): Uint8Array[] {
    if (!this.#options.isChunked) return [bytes];
    const size = `${bytes.length.toString(16)}\r\n`;
    if (bytes.length > COPIED_BYTES_MAX) return [Buffer.from(size, "latin1"), bytes, LINE_END];
    const whole = Buffer.allocUnsafe(size.length + bytes.length + LINE_END.length);
    whole.write(size, "latin1");
    whole.set(bytes, size.length);
    whole.set(LINE_END, size.length + bytes.length);
    return [whole];
  }
}

const COPIED_BYTES_MAX = 32 * 1024;
const ZERO = Buffer.from("0");
const LINE_END = Buffer.from("\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");
const NOTHING = (): void => undefined;
