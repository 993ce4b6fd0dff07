/** Edits leave every other byte alone and the result is still JSON. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeUtf8, encodeUtf8 } from "../../src/std/bytes.ts";
import {
  appendMember,
  editMembers,
  JSON_LIMITS,
  removeMember,
  replaceValue,
  scanJson,
  splice,
  type TopMember,
} from "../../src/std/json.ts";
import { createSpeller } from "./json-spelling.ts";

function open(text: string): { bytes: Uint8Array; members: readonly TopMember[] } {
  const bytes = encodeUtf8(text);
  const result = scanJson(bytes, JSON_LIMITS);
  if (result.kind === "bad") throw new Error(`${result.reason} at ${result.at}: ${text}`);
  return { bytes, members: result.members };
}

describe("splice", () => {
  const edit = (start: number, end: number, text: string) => ({ start, end, replacement: encodeUtf8(text) });
  const cases: [string, ReturnType<typeof edit>[], string][] = [
    ["none", [], "abcdef"],
    ["replace", [edit(1, 3, "XYZ")], "aXYZdef"],
    ["insert at both ends", [edit(0, 0, "<"), edit(6, 6, ">")], "<abcdef>"],
    ["remove everything", [edit(0, 6, "")], ""],
    ["touching", [edit(0, 2, "1"), edit(2, 2, "2"), edit(2, 6, "3")], "123"],
  ];
  test.each(cases)("%s", (_what, edits, result) => {
    expect(decodeUtf8(splice(encodeUtf8("abcdef"), edits))).toBe(result);
  });

  const wrong: [string, ReturnType<typeof edit>[]][] = [
    ["overlapping", [edit(0, 3, ""), edit(2, 4, "")]],
    ["out of order", [edit(4, 5, ""), edit(0, 1, "")]],
    ["backwards", [edit(3, 2, "")]],
    ["outside", [edit(0, 7, "")]],
    ["before the start", [edit(-1, 1, "")]],
  ];
  test.each(wrong)("%s edits are a bug", (_what, edits) => {
    expect(() => splice(encodeUtf8("abcdef"), edits)).toThrow(RangeError);
  });

  test("the original is untouched", () => {
    const bytes = encodeUtf8("abc");
    splice(bytes, [edit(0, 1, "X")]);
    expect(decodeUtf8(bytes)).toBe("abc");
  });
});

describe("one member", () => {
  const removals: [string, string][] = [
    ['{"m":1}', "{}"],
    ['{ "m" : 1 }', "{  }"],
    ['{"m":1,"b":2}', '{"b":2}'],
    ['{ "m" : 1 ,\n "b":2}', '{ "b":2}'],
    ['{"a":1,"m":2}', '{"a":1}'],
    ['{"a":1 , "m":2 }', '{"a":1 }'],
    ['{"a":1,"m":2,"b":3}', '{"a":1,"b":3}'],
    ['{"a":1}', '{"a":1}'],
    ["{}", "{}"],
    ['{"m":1,"m":2}', "{}"],
    ['{"m":1,"a":1.0,"m":2}', '{"a":1.0}'],
    ['{"a":1,"m":1,"b":[ ],"\\u006d":{},"m":0,"c":3}', '{"a":1,"b":[ ],"c":3}'],
  ];
  test.each(removals)("remove m from %s", (before, after) => {
    const { bytes, members } = open(before);
    expect(decodeUtf8(splice(bytes, [removeMember(bytes, members, "m")]))).toBe(after);
  });

  const additions: [string, string][] = [
    ["{}", '{"n":[1]}'],
    [" { } ", ' {"n":[1] } '],
    ['{"a":1}', '{"a":1,"n":[1]}'],
    ['{"a":1.0 \n}', '{"a":1.0,"n":[1] \n}'],
    ['\ufeff{"a":{"b":{}}}', '\ufeff{"a":{"b":{}},"n":[1]}'],
  ];
  test.each(additions)("append to %s", (before, after) => {
    const { bytes, members } = open(before);
    const edited = splice(bytes, [appendMember(bytes, members, "n", "[1]")]);
    expect(edited).toEqual(encodeUtf8(after));
  });

  test("a name is escaped", () => {
    const { bytes, members } = open("{}");
    expect(decodeUtf8(splice(bytes, [appendMember(bytes, members, 'a"\n', "1")]))).toBe('{"a\\"\\n":1}');
  });

  test("the model value alone changes", () => {
    const { bytes, members } = open('{ "seed": 12345678901234567890, "model" : "alias" , "x":1.0}');
    const edits = members.filter(({ name }) => name === "model").map((member) => replaceValue(member, '"real"'));
    expect(decodeUtf8(splice(bytes, edits))).toBe('{ "seed": 12345678901234567890, "model" : "real" , "x":1.0}');
  });
});

describe("any change to any object", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "model", "__proto__", 'q"');
  const entries = fc.array(fc.tuple(name, fc.jsonValue()), { maxLength: 7 });
  const list = (text: string) => {
    const { bytes, members } = open(text);
    return members.map((member) => [
      member.name,
      JSON.stringify(JSON.parse(decodeUtf8(bytes.subarray(member.valueStart, member.valueEnd)))),
    ]);
  };

  test("several removals and additions at once", () => {
    fc.assert(
      fc.property(entries, fc.array(name), entries, fc.integer(), (before, remove, added, seed) => {
        const { bytes, members } = open(createSpeller(seed).object(before));
        const append = added.map(([key, value]) => ({ name: key, jsonText: JSON.stringify(value) }));
        const after = decodeUtf8(splice(bytes, editMembers(bytes, members, { remove, append })));
        JSON.parse(after); // throws when a comma is wrong
        const kept = before.filter(([key]) => !remove.includes(key));
        expect(list(after)).toEqual([...kept, ...added].map(([key, value]) => [key, JSON.stringify(value)]));
      }),
      { numRuns: 1000 },
    );
  });

  test("one removal keeps the bytes of every other member", () => {
    fc.assert(
      fc.property(entries, name, fc.integer(), (before, gone, seed) => {
        const { bytes, members } = open(createSpeller(seed).object(before));
        const edited = splice(bytes, [removeMember(bytes, members, gone)]);
        const after = open(decodeUtf8(edited));
        const texts = (from: typeof after) =>
          from.members
            .filter((member) => member.name !== gone)
            .map((member) => decodeUtf8(from.bytes.subarray(member.nameStart, member.valueEnd)));
        expect(texts(after)).toEqual(texts({ bytes, members }));
        expect(after.members.some((member) => member.name === gone)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
