// Patterns with `*`: held to the regular expression they stand for, and to time that does not explode.
import { describe, expect, test } from "bun:test";
import { fitsPattern } from "../../src/std/wildcard.ts";
import { createSeededRandom } from "../harness/virtual-effects.ts";

describe("a pattern", () => {
  test.each([
    ["*", "", true],
    ["*", "anything", true],
    ["claude-haiku-*", "claude-haiku-4-5-20251001", true],
    ["claude-haiku-*", "claude-haiku", false],
    ["gemini-*-flash-lite", "gemini-3.5-flash-lite", true],
    ["gemini-*-flash-lite", "gemini-3.5-flash-lite-x", false],
    ["*haiku*", "us.anthropic.claude-haiku-4-5", true],
    ["a.c", "abc", false],
    ["", "", true],
    ["", "a", false],
  ])("%j and %j: %p", (pattern, text, fits) => expect(fitsPattern(pattern, text)).toBe(fits));

  test("is what its regular expression is", () => {
    const random = createSeededRandom(7);
    const word = (letters: string, length: number) =>
      Array.from({ length: Math.floor(random() * length) }, () => letters[Math.floor(random() * letters.length)]).join(
        "",
      );
    for (let run = 0; run < 5_000; run += 1) {
      const pattern = word("ab*", 7);
      const text = word("ab", 9);
      const expression = new RegExp(`^${pattern.split("*").join(".*")}$`);
      expect([pattern, text, fitsPattern(pattern, text)]).toEqual([pattern, text, expression.test(text)]);
    }
  });

  test("with many stars over a long text comes to an end", () => {
    expect(fitsPattern(`${"*a".repeat(200)}b`, "a".repeat(512))).toBe(false);
  });
});
