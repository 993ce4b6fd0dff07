// Who is let in: by mode, by token, and never by the shape of a token.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createIdentify, type Identified, unauthenticated } from "../../src/governance/identify.ts";
import type { AuthMode } from "../../src/ir/deployment.ts";
import { Secret } from "../../src/std/secret.ts";

const TOKENS = ["test-key-1", "", "test-key-3", "test-key-1"];

function identify(mode: AuthMode, credential: string | null, tokens: readonly string[] = TOKENS): Identified {
  const decide = createIdentify({ mode, clientTokens: tokens.map((token) => new Secret(token)) });
  return decide(credential === null ? null : new Secret(credential));
}

function labelOf(identified: Identified): string {
  return identified.kind === "caller" ? identified.caller.label : identified.failure.kind;
}

describe("by mode and credential", () => {
  const rows: readonly [mode: AuthMode, credential: string | null, label: string][] = [
    ["none", null, "anonymous"],
    ["none", "anything", "anonymous"],
    ["token", "test-key-1", "token-1"],
    ["token", "test-key-3", "token-3"],
    ["token", null, "unauthenticated"],
    ["token", "", "unauthenticated"],
    ["token", "test-key-2", "unauthenticated"],
    ["token", "test-key-1 ", "unauthenticated"],
    ["token", "TEST-KEY-1", "unauthenticated"],
    ["token", "test-key-", "unauthenticated"],
    ["passthrough", "callers-own", "passthrough"],
    ["passthrough", null, "unauthenticated"],
    ["passthrough", "", "unauthenticated"],
  ];
  for (const [mode, credential, label] of rows) {
    test(`${mode}: ${JSON.stringify(credential)} is ${label}`, () => {
      expect(labelOf(identify(mode, credential))).toBe(label);
    });
  }

  test("mode token without a token lets nobody in", () => {
    expect(labelOf(identify("token", "", []))).toBe("unauthenticated");
    expect(labelOf(identify("token", "x", [""]))).toBe("unauthenticated");
  });

  test("only passthrough hands the caller's credential on", () => {
    const through = identify("passthrough", "callers-own");
    const token = identify("token", "test-key-1");
    const none = identify("none", "anything");
    expect(through.kind === "caller" && through.caller.passthrough?.reveal()).toBe("callers-own");
    expect(token.kind === "caller" && token.caller.passthrough).toBeNull();
    expect(none.kind === "caller" && none.caller.passthrough).toBeNull();
  });
});

describe("odd tokens", () => {
  const SEEDS = [
    "' OR '1'='1",
    "%",
    "_____-___-_",
    "*",
    "test-key-1\u0000",
    "\u0000",
    "test-key-1\r\n",
    "../../etc/passwd",
    "{}",
    "null",
    "__proto__",
    "constructor",
    "\ud800",
    "ключ",
    "x".repeat(16_384),
    "test-key-1,test-key-1",
  ];
  const odd = fc.oneof(
    fc.constantFrom(...SEEDS),
    fc.string({ unit: "binary", maxLength: 64 }),
    fc.string({ unit: "grapheme", maxLength: 64 }),
    fc.tuple(fc.constantFrom(...SEEDS), fc.string({ maxLength: 8 })).map(([left, right]) => left + right),
    fc.string({ maxLength: 3 }).map((tail) => `test-key-1${tail}x`),
  );

  test("2,000 of them are refused in the very words a missing one is", () => {
    const decide = createIdentify({ mode: "token", clientTokens: TOKENS.map((token) => new Secret(token)) });
    const missing = decide(null);
    expect(missing).toEqual({ kind: "refused", failure: unauthenticated() });
    fc.assert(
      fc.property(odd, (token) => {
        expect(decide(new Secret(token))).toEqual(missing);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  test("as many are told apart when they are the configured ones", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          odd.filter((token) => token !== "" && token.isWellFormed()),
          { minLength: 1, maxLength: 8 },
        ),
        (tokens) => {
          const labels = tokens.map((token) => labelOf(identify("token", token, tokens)));
          expect(labels).toEqual(tokens.map((_, index) => `token-${index + 1}`));
        },
      ),
      { numRuns: 200, seed: 2 },
    );
  });
});
