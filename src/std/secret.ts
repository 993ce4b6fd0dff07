/**
 * A credential that can be carried anywhere and printed nowhere. The text is a private field, so neither logging,
 * serialising, spreading nor structured cloning sees it; only `reveal` hands it out.
 */
import { sha256Hex } from "./digest.ts";

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

  /** Tells one secret from another, to who knows the salt; nothing of the secret can be had from it. */
  digest(salt: string): string {
    return sha256Hex(`${salt}\n${this.#value}`);
  }

  /**
   * The bytes with every occurrence of the secret masked, also in base64 and as in a URL: a vendor may echo in an error
   * what it was sent. The same bytes when there is none. Shorter secrets than 8 characters are left alone.
   */
  maskedIn(bytes: Uint8Array): Uint8Array {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const seen = this.#forms().filter((form) => text.indexOf(form) !== -1);
    // Latin-1 keeps every byte, valid UTF-8 or not.
    return seen.length === 0 ? bytes : Buffer.from(without(text.toString("latin1"), seen), "latin1");
  }

  /** The same for text. */
  maskedInText(text: string): string {
    // No form of it is shorter.
    if (text.length < this.#value.length) return text;
    return without(text, this.#forms());
  }

  #forms(): readonly string[] {
    if (this.#value.length < MASKED_CHARS_MIN) return [];
    return [this.#value, encodeURIComponent(this.#value), ...base64Forms(this.#value)];
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

function without(text: string, forms: readonly string[]): string {
  return forms.reduce((rest, form) => rest.replaceAll(form, SHOWN), text);
}

/** What of it stands in the base64 of any text around it: it may begin at each of three places of a group. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.from(`${" ".repeat(before)}${value}`);
    // A character that holds bits of what stands before or after it is no part of it.
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor((bytes.length * 8) / 6);
    return (["base64", "base64url"] as const).map((form) => bytes.toString(form).slice(first, last));
  });
}

const SHOWN = "[secret]";
/** Masking a word that short would eat ordinary text, and no vendor's key is. */
const MASKED_CHARS_MIN = 8;
