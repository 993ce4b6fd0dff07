/** Parsing keeps what the author wrote, and the readers answer undefined for whatever is not what was asked for. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  asArray,
  asBoolean,
  asNumber,
  asObject,
  asText,
  at,
  isRawJson,
  parseBody,
  parseExact,
  parseJson,
} from "../../src/std/json.ts";
import { WireError } from "../../src/std/wire-error.ts";
import { createSpeller } from "./json-spelling.ts";

describe("text that is not JSON", () => {
  const bad = ["", "{", '{"a":}', "nul", "01", `[${"x".repeat(5000)}`, "[".repeat(1_000_000), '"\n"', "{'a':1}"];
  for (const [name, parse] of [["parseJson", parseJson] as const, ["parseExact", parseExact] as const]) {
    test.each(bad.map((text) => [text.slice(0, 20), text] as const))(`${name}: %j`, (_shown, text) => {
      expect(() => parse(text)).toThrow(WireError);
    });
  }

  test("the message quotes at most 80 characters of it", () => {
    try {
      parseJson(`[${"secret".repeat(5000)}`);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
      expect(String(error).length).toBeLessThan(130);
    }
  });

  test("nesting deeper than the stack is refused, not a crash", () => {
    expect(() => parseExact(`${"[".repeat(1_000_000)}1.0${"]".repeat(1_000_000)}`)).toThrow(WireError);
  });
});

describe("numbers keep their digits", () => {
  const kept = [
    "9007199254740993",
    "12345678901234567890",
    "1.0",
    "0.1000",
    "-0",
    "-0.0",
    "1e400",
    "-1e400",
    "1e5",
    "1E+2",
    "0.30000000000000000001",
  ];
  test.each(kept)("%s stays as written", (source) => {
    const text = `{"a":[${source}],"b":{"c":${source}}}`;
    expect(isRawJson(at(parseExact(text), "a", 0))).toBe(true);
    expect(JSON.stringify(parseExact(text))).toBe(text);
  });

  const plain = [
    "0",
    "1",
    "-1",
    "999999999999999",
    "9007199254740991",
    "0.1",
    "-1.5",
    "1e+21",
    "5e-324",
    "123456789012345680",
  ];
  test.each(plain)("%s is a plain number", (source) => {
    const text = `[${source}]`;
    expect(typeof at(parseExact(text), 0)).toBe("number");
    expect(JSON.stringify(parseExact(text))).toBe(text);
  });

  test("any integer and any fraction", () => {
    const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom("", "-"), digits, fc.option(digits), (sign, whole, fraction) => {
        const source = `${sign}${whole.replace(/^0+(?=\d)/, "")}${fraction === null ? "" : `.${fraction}`}`;
        expect(JSON.stringify(parseExact(`{"a":${source}}`))).toBe(`{"a":${source}}`);
      }),
      { numRuns: 2000 },
    );
  });

  test("everything else is as the language parses it, in any spelling", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer(), (value, seed) => {
        const text = createSpeller(seed).value(value);
        const exact = parseExact(text);
        expect(JSON.stringify(JSON.parse(JSON.stringify(exact)))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 1000 },
    );
  });

  test("a repeated name keeps its last value, as in the language", () => {
    expect(parseExact('{"a":1,"b":2,"a":1.0}')).toEqual({ a: JSON.rawJSON("1.0"), b: 2 });
  });

  test("parseBody keeps digits only when told to", () => {
    expect(parseBody("[1.0]", false)).toEqual([1]);
    expect(JSON.stringify(parseBody("[1.0]", true))).toBe("[1.0]");
  });
});

describe("names of the prototype are data", () => {
  const text = '{"__proto__":{"admin":true,"n":1.0},"constructor":{"prototype":{"admin":true}},"toString":1}';
  for (const [name, parse] of [["parseJson", parseJson] as const, ["parseExact", parseExact] as const]) {
    test(name, () => {
      const value = parse(text);
      expect(at(value, "__proto__", "admin")).toBe(true);
      expect(at(value, "constructor", "prototype", "admin")).toBe(true);
      expect(at(value, "admin")).toBeUndefined();
      expect(at({}, "admin")).toBeUndefined();
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.keys(asObject(value) ?? {})).toEqual(["__proto__", "constructor", "toString"]);
    });
  }

  test("inherited properties are not there", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) expect(at({}, name)).toBeUndefined();
    expect(at([], "length")).toBeUndefined();
    expect(at("text", "length")).toBeUndefined();
  });
});

describe("readers", () => {
  const raw = JSON.rawJSON("1.0");
  const readers = { asObject, asArray, asText, asNumber, asBoolean };
  const cases: [string, unknown, Partial<Record<keyof typeof readers, unknown>>][] = [
    ["undefined", undefined, {}],
    ["null", null, {}],
    ["an object", { a: 1 }, { asObject: { a: 1 } }],
    ["an array", [1], { asArray: [1] }],
    ["a text", "x", { asText: "x" }],
    ["an empty text", "", { asText: "" }],
    ["a number", 0, { asNumber: 0 }],
    ["NaN", Number.NaN, {}],
    ["a boolean", false, { asBoolean: false }],
    ["a raw number", raw, { asNumber: 1 }],
    ["a raw number beyond a double", JSON.rawJSON("1e400"), {}],
    ["raw JSON that is text", JSON.rawJSON('"5"'), {}],
    ["an object that looks raw", { rawJSON: "5" }, { asObject: { rawJSON: "5" } }],
  ];
  test.each(cases)("%s", (_what, value, expected) => {
    for (const [name, read] of Object.entries(readers)) {
      expect(read(value)).toEqual(Object.hasOwn(expected, name) ? Reflect.get(expected, name) : undefined);
    }
  });

  test("at walks objects and arrays and stops at a gap", () => {
    const value = { a: [{ b: "x" }] };
    expect(at(value)).toBe(value);
    expect(at(value, "a", 0, "b")).toBe("x");
    expect(at(value, "a", 1, "b")).toBeUndefined();
    expect(at(value, "a", "0")).toBeUndefined();
    expect(at(value, 0)).toBeUndefined();
    expect(at(raw, "rawJSON")).toBeUndefined();
  });
});
