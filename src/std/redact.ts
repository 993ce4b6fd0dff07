/**
 * Masks what looks like a credential in text that a client or a vendor wrote: a key pasted where a model's name belongs
 * must not be kept. A net under the rule that secrets are never put there, not a reason to put them.
 */

const MASKED = "[redacted]";

/** Keys of this gateway, of vendors and of forges, and signed tokens. */
const KEY_SHAPES: readonly RegExp[] = [
  // Our own also where they follow a letter: a name that a key was pasted into.
  /(?:sk-)?rm-[0-9A-Za-z]{16,}/gi,
  // Base64 of ours, which begins at each of three places of a group.
  /(?:c2stcm0t|NrLXJtL|zay1ybS)[\w+/=-]{20,}/g,
  /\b(?:sk|rk|pk|rm)-[\w-]{6,}/gi,
  /\bAIza[\w-]{10,}/g,
  /\b(?:gh[pousr]|github_pat)_\w{10,}/g,
  /\b(?:xai|gsk|hf|r8|pplx|nvapi)[-_][\w-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /\beyJ[\w-]{8,}(?:\.[\w-]*){1,2}/g,
];

/** Letters and digits in one long word, as keys without a prefix are. Identifiers are too, so only where few stand. */
const LONG_WORD = /\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[0-9A-Za-z]{32,}\b/g;

/** Tokens with a scheme, credentials in URLs, and named values. */
const PHRASES: readonly RegExp[] = [
  /\bbearer\s+[\w.~+/=-]{6,}/gi,
  /\b[a-z][\w+.-]*:\/\/[^\s/@]+@/gi,
  /\b(?:api[_-]?key|access[_-]?token|token|credential|secret|password|cookie)\b["']?\s*[=:]\s*["']?[^\s"',;&]+/gi,
];

export function redact(text: string): string {
  return masked(masked(text, KEY_SHAPES), PHRASES);
}

/** Keys alone, those without a prefix included: for names of a configuration and sentences that speak of tokens and passwords. */
export function redactKeys(text: string): string {
  return masked(text, [...KEY_SHAPES, LONG_WORD]);
}

function masked(text: string, shapes: readonly RegExp[]): string {
  let result = text;
  for (const shape of shapes) result = result.replace(shape, MASKED);
  return result;
}
