/** Credentials as header values. */

/** A secret with characters no header may hold becomes empty: the vendor refuses it, and nothing is thrown that names it. */
export function headerText(secret: string): string {
  return ILLEGAL.test(secret) ? "" : secret;
}

const ILLEGAL = /[^\t\x20-\x7e\x80-\xff]/;
