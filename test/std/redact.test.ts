// What looks like a key in other people's words, and what only looks a little like one.
import { expect, test } from "bun:test";
import { redact, redactKeys } from "../../src/std/redact.ts";

const VIRTUAL = "sk-rm-0123456789abcdefABCDEF0123456789";
const CLIENT = "rm-00112233445566778899aabbccddeeff";

test.each([
  [VIRTUAL, "[redacted]"],
  [CLIENT, "[redacted]"],
  [`model x${VIRTUAL}, please`, "model x[redacted], please"],
  [`x${CLIENT}/gpt`, "x[redacted]/gpt"],
  [`m_${VIRTUAL}`, "m_[redacted]"],
  [btoa(VIRTUAL), "[redacted]"],
  [btoa(`Bearer ${VIRTUAL}`), "QmVhcmVyIH[redacted]"],
  [btoa(`me: ${VIRTUAL}`), "bWU6IH[redacted]"],
  ["rm-client-of-mine-1", "[redacted]"],
  ["form-data", "form-data"],
  ["alarm-2026-01-01", "alarm-2026-01-01"],
  ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929"],
])("%s", (text, masked) => {
  expect(redact(text)).toBe(masked);
  expect(redactKeys(text)).toBe(masked);
});

test.each([
  ["providers.0123456789abcdef0123456789abcdef.url", "providers.[redacted].url"],
  ["a token: write it into api_key_env: NAME", "a token: write it into api_key_env: NAME"],
])("among names of a configuration: %s", (text, masked) => {
  expect(redactKeys(text)).toBe(masked);
});
