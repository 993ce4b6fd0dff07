/** Answers of HTTP/1.1 in exact bytes: what each says, that no cut changes it, and that nothing in it is without a bound. */
import { describe, expect, test } from "bun:test";
import { HEADERS_MAX } from "../../../src/std/http1/fields.ts";
import { HEAD_BYTES_MAX } from "../../../src/upstream/http1/response-parser.ts";
import { createSeededRandom } from "../../harness/virtual-effects.ts";
import { ANSWERS } from "./answers.ts";
import { type Parsed, parsed } from "./parsed.ts";

describe("one answer", () => {
  test.each(ANSWERS)("$name", ({ bytes, closes = false, body, fault, isKept = false }) => {
    const read = parsed([bytes], { closes });
    expect(read.late).toBe(0);
    if (fault === undefined) {
      expect({ body: read.body, ending: read.ending, heads: read.heads.length }).toEqual({
        body: body ?? "",
        ending: { kind: "end", isKept },
        heads: 1,
      });
    } else expect(read.ending).toEqual({ kind: "broken", fault });
  });
});

/** Without what only whole parts can tell: where an answer ended in the middle of one. */
const told = ({ heads, body, ending, late }: Parsed) => ({ heads, body, ending, late });

describe("however it is cut", () => {
  test.each(ANSWERS)("$name", ({ bytes, closes = false }) => {
    const whole = told(parsed([bytes], { closes }));
    for (let cut = 1; cut < bytes.length; cut += 1) {
      expect(told(parsed([bytes.slice(0, cut), bytes.slice(cut)], { closes }))).toEqual(whole);
    }
    expect(told(parsed([...bytes], { closes }))).toEqual(whole);
    const random = createSeededRandom(bytes.length);
    for (let round = 0; round < 20; round += 1) {
      const parts: string[] = [];
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + Math.floor(random() * 12);
        parts.push(bytes.slice(at, at + length));
        at += length;
      }
      expect(told(parsed(parts, { closes }))).toEqual(whole);
    }
  });
});

const headOf = (lines: string): string => `HTTP/1.1 200 OK\r\n${lines}content-length: 0\r\n\r\n`;

test("headers: names in lower case, one value a name, and no value that could not be read", () => {
  const lines =
    "X-A: one\r\nx-a: two\r\nSet-Cookie: a=b\r\nx-folded: one\r\n\t two\r\nx-latin: caf\xe9\r\nx-tab: a\tb\r\n" +
    "x-esc: a\x1b[31mb\r\nx-del: a\x7f\r\nx-c1: a\x9b31m\r\nx-cr: a\rb\r\nx-nul: a\0\r\nx-space: \xa0a\r\n";
  expect(parsed([headOf(lines)]).heads[0]?.headers).toEqual({
    "x-a": "one, two",
    "x-folded": "one two",
    "x-latin": "caf\xe9",
    "x-tab": "a\tb",
    "x-space": "\xa0a",
    "content-length": "0",
  });
});

test.each([
  ["timeout=5", 5_000],
  ["timeout=5, max=100", 5_000],
  ["max=100, timeout=0", 0],
  ["Timeout=7", 7_000],
  ["timeout=x", null],
  ["max=100", null],
])("Keep-Alive: %s is kept for %j ms", (value, keptMs) => {
  expect(parsed([headOf(`keep-alive: ${value}\r\n`)]).heads[0]?.keptMs).toBe(keptMs);
});

test("bytes after an answer end the connection, and are no part of it", () => {
  const bytes = `${headOf("")}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nextra`;
  expect(parsed([bytes])).toMatchObject({ body: "", ending: { kind: "end", isKept: false }, late: 0 });
  const chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nx";
  expect(parsed([chunks])).toMatchObject({ body: "", ending: { kind: "end", isKept: false }, late: 0 });
});

describe("bounds", () => {
  const filled = (length: number): string => headOf(`x: ${"a".repeat(length - headOf("x: \r\n").length)}\r\n`);
  const drips = (bytes: string): string[] => bytes.match(/.{1,7}/gs) ?? [];
  const BROKEN = { kind: "broken", fault: "head-size" };

  test.each([
    ["in one piece", (bytes: string) => [bytes]],
    ["in drips", drips],
  ])("a head of 64 KiB is read, a larger one refused, %s", (_how, cut) => {
    expect(parsed(cut(filled(HEAD_BYTES_MAX))).ending).toEqual({ kind: "end", isKept: true });
    expect(parsed(cut(filled(HEAD_BYTES_MAX + 1)))).toMatchObject({ heads: [], ending: BROKEN });
    expect(parsed(cut(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(2 * HEAD_BYTES_MAX)}`)).ending).toMatchObject(BROKEN);
  });

  test("interim answers without end are refused", () => {
    const parts = Array.from({ length: 4_000 }, () => "HTTP/1.1 100 Continue\r\n\r\n");
    expect(parsed(parts).ending).toMatchObject(BROKEN);
  });

  test(`${HEADERS_MAX} headers are read, one more is refused`, () => {
    const lines = (count: number): string => Array.from({ length: count }, (_, at) => `x-${at}: a\r\n`).join("");
    expect(parsed([headOf(lines(HEADERS_MAX - 1))]).ending).toEqual({ kind: "end", isKept: true });
    expect(parsed([headOf(lines(HEADERS_MAX))]).ending).toEqual({ kind: "broken", fault: "header-count" });
  });

  const chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  test.each([
    ["an extension", `1;${"x".repeat(5_000)}`, "chunk-size"],
    ["blanks after a size", `1${" ".repeat(5_000)}`, "chunk-size"],
    ["trailers", `0\r\n${"x: y\r\n".repeat(20_000)}`, "trailers"],
  ])("%s without end is refused", (_what, bytes, fault) => {
    expect(parsed([chunked + bytes]).ending).toMatchObject({ kind: "broken", fault });
    expect(parsed(drips(chunked + bytes)).ending).toMatchObject({ kind: "broken", fault });
  });
});

test("any bytes at all end in one event at most, and never throw", () => {
  const random = createSeededRandom(20_261_201);
  const pieces = [
    "HTTP/1.1 200 OK\r\n",
    "\r\n",
    "content-length: 3\r\n",
    "transfer-encoding: chunked\r\n",
    "3\r\nabc\r\n",
    "0\r\n",
    ": ",
    "\0",
    "\n",
    "\r",
    "ff",
    ";",
    " ",
  ];
  for (let round = 0; round < 20_000; round += 1) {
    const length = Math.floor(random() * 14);
    const parts = Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)] ?? "");
    const whole = told(parsed([parts.join("")], { closes: true }));
    expect(whole.late).toBe(0);
    expect(whole.ending).not.toBeNull();
    const cut = told(parsed(parts, { closes: true }));
    // An answer that is whole before the bytes end may be kept by the one who has not seen the rest.
    const isSame =
      JSON.stringify({ ...cut, ending: cut.ending?.kind }) === JSON.stringify({ ...whole, ending: whole.ending?.kind });
    expect(isSame).toBe(true);
  }
});
