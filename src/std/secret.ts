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
