/** The guard that runs before any parse: it finds what a parser would find, and nothing makes it hang or throw. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeUtf8, encodeUtf8 } from "../../src/std/bytes.ts";
import { JSON_LIMITS, type JsonScan, scanJson, type TopMember } from "../../src/std/json.ts";
import { createSpeller } from "./json-spelling.ts";

const scan = (text: string): JsonScan => scanJson(encodeUtf8(text), JSON_LIMITS);

/** Names and value texts as the scan cut them; a bad scan fails the test. */
function membersOf(bytes: Uint8Array): [string, string][] {
  const result = scanJson(bytes, JSON_LIMITS);
  if (result.kind === "bad") throw new Error(`${result.reason} at ${result.at}: ${decodeUtf8(bytes)}`);
  const cut = (member: TopMember): [string, string] => [
    member.name,
    decodeUtf8(bytes.subarray(member.valueStart, member.valueEnd)),
  ];
  return result.members.map(cut);
}

describe("top-level members", () => {
  const cases: [string, [string, string][]][] = [
    ["{}", []],
    [" \n{ \t} \r\n", []],
    ['\ufeff{"a":1}', [["a", "1"]]],
    [
      '{"model":"m","stream":true}',
      [
        ["model", '"m"'],
        ["stream", "true"],
      ],
    ],
    [
      '{ "a" : [ 1 , 2 ] , "b" : { "c" : null } }',
      [
        ["a", "[ 1 , 2 ]"],
        ["b", '{ "c" : null }'],
      ],
    ],
    [
      '{"mod\\u0065l":"x","model":"y"}',
      [
        ["model", '"x"'],
        ["model", '"y"'],
      ],
    ],
    [
      '{"a":"}{][\\"\\\\","b":-1.5e3}',
      [
        ["a", '"}{][\\"\\\\"'],
        ["b", "-1.5e3"],
      ],
    ],
    [
      '{"a":"\\\\","b":"\\\\\\\\\\""}',
      [
        ["a", '"\\\\"'],
        ["b", '"\\\\\\\\\\""'],
      ],
    ],
    ['{"é😀":"é😀"}', [["é😀", '"é😀"']]],
    [
      '{"\\ud83d\\ude00":0,"":1}',
      [
        ["😀", "0"],
        ["", "1"],
      ],
    ],
    [
      '{"__proto__":{"x":1},"constructor":2}',
      [
        ["__proto__", '{"x":1}'],
        ["constructor", "2"],
      ],
    ],
  ];
  test.each(cases)("%s", (text, members) => {
    expect(membersOf(encodeUtf8(text))).toEqual(members);
  });

  test("name offsets hold the quotes", () => {
    const text = '{ "a\\u0062" :1}';
    expect(scan(text)).toEqual({
      kind: "ok",
      members: [{ name: "ab", nameStart: 2, nameEnd: 11, valueStart: 13, valueEnd: 14 }],
      exactNumbers: false,
    });
  });

  test.each([15, 16, 17, 31, 32, 33, 64, 200])("a string with escapes around byte %d of it", (length) => {
    for (const tail of ["", "\\\\", '\\"', '\\\\\\"', "\\\\\\\\"]) {
      const value = `"${"x".repeat(length)}${tail}"`;
      expect(membersOf(encodeUtf8(`{"a":${value},"b":${value}}`))).toEqual([
        ["a", value],
        ["b", value],
      ]);
    }
  });

  test("a name of a megabyte in escapes", () => {
    expect(membersOf(encodeUtf8(`{"${"\\u0041".repeat(170_000)}":1}`))).toEqual([["A".repeat(170_000), "1"]]);
  });

  test("agrees with the parser on any object in any spelling, duplicates included", () => {
    const entries = fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.jsonValue()), { maxLength: 5 });
    fc.assert(
      fc.property(entries, fc.integer(), (pairs, seed) => {
        const bytes = encodeUtf8(createSpeller(seed).object(pairs));
        const found = membersOf(bytes).map(([name, value]) => [name, JSON.stringify(JSON.parse(value))]);
        expect(found).toEqual(pairs.map(([name, value]) => [name, JSON.stringify(value)]));
      }),
      { numRuns: 300 },
    );
  });
});

describe("refusals", () => {
  const cases: [string, string, JsonScan["kind"] | "depth" | "keys" | "syntax" | "not-object"][] = [
    ["nothing", "", "not-object"],
    ["white space", " \n", "not-object"],
    ["an array", "[1]", "not-object"],
    ["a string", '"{}"', "not-object"],
    ["a text", "hello", "not-object"],
    ["an open object", "{", "syntax"],
    ["an open name", '{"a', "syntax"],
    ["a name without a value", '{"a"}', "syntax"],
    ["a colon without a value", '{"a":}', "syntax"],
    ["an open string", '{"a":"b', "syntax"],
    ["a string that ends in a backslash", '{"a":"b\\', "syntax"],
    ["an open array", '{"a":[', "syntax"],
    ["crossed brackets", '{"a":[}]', "syntax"],
    ["crossed braces", '{"a":{"b":1]}', "syntax"],
    ["one brace too many", '{"a":1}}', "syntax"],
    ["a second object", "{}{}", "syntax"],
    ["no comma", '{"a":1 "b":2}', "syntax"],
    ["a comma at the end", '{"a":1,}', "syntax"],
    ["a comma at the start", "{,}", "syntax"],
    ["a bare name", "{a:1}", "syntax"],
    ["a broken escape in a name", '{"\\x":1}', "syntax"],
    ["NUL after the object", "{}\0", "syntax"],
    ["200 KB of [", `{"a":${"[".repeat(200_000)}`, "depth"],
    ["200 KB of [ at the top", "[".repeat(200_000), "not-object"],
    ["65 levels", `{"a":${"[".repeat(64)}${"]".repeat(64)}}`, "depth"],
    ["129 levels of objects", `${'{"a":'.repeat(129)}1${"}".repeat(129)}`, "depth"],
    ["100,001 names at the top", `{${'"a":1,'.repeat(100_000)}"a":1}`, "keys"],
    ["200,001 names below", `{"m":{${'"a":1,'.repeat(199_999)}"a":1}}`, "keys"],
    ["100,000 empty messages", `{"messages":[${"{},".repeat(99_999)}{}]}`, "keys"],
  ];
  test.each(cases)("%s", (_what, text, reason) => {
    expect(scan(text)).toMatchObject({ kind: "bad", reason });
  });

  test("a depth bomb is refused where it crosses the limit, not at its end", () => {
    expect(scan(`{"a":${"[".repeat(200_000)}`)).toMatchObject({ reason: "depth", at: 5 + 63 });
  });

  const accepted: [string, string][] = [
    ["64 levels", `{"a":${"[".repeat(63)}${"]".repeat(63)}}`],
    ["100,000 names", `{${'"a":1,'.repeat(99_999)}"a":1}`],
    ["a megabyte of \\u0041", `{"a":"${"\\u0041".repeat(170_000)}"}`],
    ["a megabyte of escaped quotes", `{"a":"${'\\"'.repeat(500_000)}"}`],
    ["a megabyte of backslashes", `{"a":"${"\\\\".repeat(500_000)}"}`],
    ["a million numbers", `{"a":[${"1,".repeat(999_999)}1]}`],
  ];
  test.each(accepted)("not refused: %s", (_what, text) => {
    expect(scan(text).kind).toBe("ok");
  });
});

describe("any bytes", () => {
  const parsesAsObject = (bytes: Uint8Array): boolean => {
    try {
      const value: unknown = JSON.parse(decodeUtf8(bytes));
      return typeof value === "object" && value !== null && !Array.isArray(value);
    } catch {
      return false; // refused by the parser or the decoder
    }
  };
  const soup = fc
    .array(fc.constantFrom("{", "}", "[", "]", '"', "\\", ":", ",", "1", "-", "e", ".", " ", "t", "true", "é", '"a"'), {
      maxLength: 40,
    })
    .map((parts) => encodeUtf8(parts.join("")));
  const damaged = fc
    .tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.integer(), fc.nat(), fc.nat(255))
    .map(([value, seed, where, byte]) => {
      const bytes = encodeUtf8(createSpeller(seed).object(Object.entries(value)));
      bytes[where % bytes.length] = byte;
      return bytes;
    });
  const anything = fc.oneof(fc.uint8Array({ maxLength: 64 }), soup, damaged);

  test("never throws, and passes whatever the parser would take", () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        expect(scanJson(bytes, JSON_LIMITS).kind === "ok" || !parsesAsObject(bytes)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("offsets are in order and inside the bytes", () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        const result = scanJson(bytes, JSON_LIMITS);
        const members = result.kind === "ok" ? result.members : [];
        const offsets = members.flatMap((m) => [m.nameStart, m.nameEnd, m.valueStart, m.valueEnd]);
        expect([0, ...offsets, bytes.length]).toEqual([0, ...offsets, bytes.length].toSorted((a, b) => a - b));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("numbers that need care", () => {
  const cases: [string, boolean][] = [
    ["0", false],
    ["1.0", false],
    ["0.70", false],
    ["-1", false],
    ["999999999999999", false],
    ["1e5", false],
    ["-1.5E-10", false],
    ["1000000000000000", true],
    ["9007199254740993", true],
    ["12345678901234567890", true],
    ["0.1234567890123456", true],
    ["1e400", true],
    ["1e-400", true],
    ["0.000000000000000000000000001", true],
    ["-0", true],
    ["-0.0", true],
    ["-0.5", false],
  ];
  test.each(cases)("%s at any depth: %p", (source, exactNumbers) => {
    expect(scan(`{"a":${source}}`)).toMatchObject({ kind: "ok", exactNumbers });
    expect(scan(`{"a":[{"b":[1,${source}]}]}`)).toMatchObject({ kind: "ok", exactNumbers });
    expect(scan(`{"a":"${source}"}`)).toMatchObject({ kind: "ok", exactNumbers: false });
  });

  test("a number not flagged keeps its value through a double", () => {
    const digits = (max: number) => fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: max });
    const source = fc
      .tuple(
        fc.constantFrom("", "-"),
        digits(20).map((text) => text.replace(/^0+(?=\d)/, "")),
        fc.option(digits(30), { nil: "" }),
        fc.option(fc.integer({ min: -420, max: 420 }), { nil: 0 }),
      )
      .map(([sign, whole, fraction, exponent]) => {
        return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}${exponent === 0 ? "" : `e${exponent}`}`;
      });
    fc.assert(
      fc.property(source, (text) => {
        const result = scan(`{"a":${text}}`);
        const flagged = result.kind === "ok" && result.exactNumbers;
        expect(flagged || decimal(JSON.stringify(JSON.parse(text))) === decimal(text)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

/** One spelling per value: sign, digits without zeros at either end, power of ten. */
function decimal(source: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length + digits.length - trimmed.length;
  return trimmed === "" ? `${sign}0` : `${sign}${trimmed}e${power}`;
}
