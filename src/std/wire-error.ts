/**
 * Thrown by readers, and by nothing else, when bytes from a client or a provider are not what their format promises. It
 * is caught where a reader is called and becomes a failure value there.
 */

/** Most characters of foreign input one message may quote: enough to recognise it, too few to leak a body. */
const EXCERPT_CHARS_MAX = 80;

export class WireError extends Error {
  override readonly name = "WireError";
  readonly about: "format" | "size";

  /**
   * `message` is a sentence of ours; `input`, when given, is foreign text and is quoted only in part. `about`: nothing is
   * wrong with the bytes but that there are more than we hold.
   */
  constructor(message: string, input?: string, about: "format" | "size" = "format") {
    super(input === undefined ? message : `${message}: ${JSON.stringify(input.slice(0, EXCERPT_CHARS_MAX))}`);
    this.about = about;
  }
}
