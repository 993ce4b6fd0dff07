/**
 * Masks what looks like a credential in text that a client or a vendor wrote: a key pasted where a model's name belongs
 * must not be kept. A net under the rule that secrets are never put there, not a reason to put them.
 */

const MASKED = "[redacted]";

/** Key shapes of vendors and forges, tokens with a scheme, signed tokens, credentials in URLs, and named values. */
const SHAPES: readonly RegExp[] = [
  /\b(?:sk|rk|pk)-[\w-]{6,}/gi,
  /\bbearer\s+[\w.~+/=-]{6,}/gi,
  /\bAIza[\w-]{10,}/g,
  /\b(?:gh[pousr]|github_pat)_\w{10,}/g,
  /\b(?:xai|gsk|hf|r8|pplx|nvapi)[-_][\w-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /\beyJ[\w-]{8,}(?:\.[\w-]*){1,2}/g,
  /\b[a-z][\w+.-]*:\/\/[^\s/@]+@/gi,
  /\b(?:api[_-]?key|access[_-]?token|token|credential|secret|password|cookie)\b["']?\s*[=:]\s*["']?[^\s"',;&]+/gi,
];

export function redact(text: string): string {
  let masked = text;
  for (const shape of SHAPES) masked = masked.replace(shape, MASKED);
  return masked;
}
