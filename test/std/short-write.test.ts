// Short messages through the buffer that all of them share: whole, in part, and side by side.
import { expect, test } from "bun:test";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { isShortMessage, SHORT_BYTES_MAX, writeShort } from "../../src/std/short-write.ts";

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());

test.each([
  [13, "head and body", null],
  [5, "head ", "and body"],
  [0, "", "head and body"],
  [-1, "", "head and body"],
] as const)("of a message %p bytes are taken", (count, written, rest) => {
  let seen = "";
  const left = writeShort(
    (bytes) => {
      seen = Buffer.from(bytes.subarray(0, Math.max(0, count))).toString();
      return count;
    },
    "head ",
    [encodeUtf8("and "), encodeUtf8("body")],
  );
  expect([seen, text(left.rest)]).toEqual([written, rest]);
});

test("what was not taken is not written over by the next message", () => {
  const { rest } = writeShort(() => 1, "first", []);
  writeShort((bytes) => bytes.length, "second", [encodeUtf8("body")]);
  expect(text(rest)).toBe("irst");
});

test.each([
  [0, true],
  [1, false],
])("the longest short message, and %p bytes more", (more, isShort) => {
  const body = [new Uint8Array(SHORT_BYTES_MAX - 4 + more)];
  expect(isShortMessage("head", body)).toBe(isShort);
  if (isShort) expect(writeShort((bytes) => bytes.length, "head", body)).toEqual({ rest: null, taken: 0 });
});
