/**
 * A credential that can be carried anywhere and printed nowhere. The text is a private field, so neither logging,
 * serialising, spreading nor structured cloning sees it; only `reveal` hands it out.
 */
export class Secret {
  readonly #value: string;

  /** Keeps the text exactly as given. */
  constructor(value: string) {
    this.#value = value;
  }

  /** For text out of a file or a variable: surrounding white space is dropped, because a key file ends in a newline. */
  static from(text: string): Secret {
    return new Secret(text.trim());
  }

  reveal(): string {
    return this.#value;
  }

  /**
   * The bytes with every occurrence of the secret masked: a vendor may echo in an error what it was sent. The same
   * bytes when there is none, which costs one search. Shorter secrets than 8 characters are left alone.
   */
  maskedIn(bytes: Uint8Array): Uint8Array {
    if (this.#value.length < MASKED_CHARS_MIN) return bytes;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (text.indexOf(this.#value) === -1) return bytes;
    // Latin-1 keeps every byte, valid UTF-8 or not.
    return Buffer.from(text.toString("latin1").replaceAll(this.#value, SHOWN), "latin1");
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  /** The hook of `console.log` and `inspect`; a registered symbol, so it needs no import. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return SHOWN;
  }
}

const SHOWN = "[secret]";
/** Masking a word that short would eat ordinary text, and no vendor's key is. */
const MASKED_CHARS_MIN = 8;
