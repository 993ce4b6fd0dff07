// A JSON array as a stream: elements are frames, whatever the chunking; what is joined is always a legal array.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createCutter, jsonArrayFraming } from "../../../src/protocols/framing/json-array.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../../src/std/bytes.ts";
import { WireError } from "../../../src/std/wire-error.ts";

const BROKEN = '{"error":{"code":502}}';
const framing = jsonArrayFraming(BROKEN);

function split(text: string, size: number): string[] {
  const bytes = encodeUtf8(text);
  const splitter = framing.createSplitter();
  const frames: Frame[] = [];
  for (let start = 0; start < bytes.length; start += size)
    frames.push(...splitter.push(bytes.slice(start, start + size)));
  return [...frames, ...splitter.end()].map(({ data }) => data);
}

function join(data: readonly string[]): string {
  const joiner = framing.createJoiner();
  return decodeUtf8(concatBytes([...data.map((each) => joiner.write({ event: null, data: each })), joiner.end()]));
}

const anyElement = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })).map((value) => JSON.stringify(value));

describe("the splitter", () => {
  const cases: readonly [string, string, readonly string[]][] = [
    ["nothing", "[]", []],
    ["one", '[{"a":1}]', ['{"a":1}']],
    [
      "as the vendor writes it",
      '[{\n  "a": "}]"\n}\n,\r\n{"b":{"c":[1,{}]}}\n]\n',
      ['{\n  "a": "}]"\n}', '{"b":{"c":[1,{}]}}'],
    ],
    ["quotes and escapes", '[{"a":"\\"{"},{"b":"\\\\"}]', ['{"a":"\\"{"}', '{"b":"\\\\"}']],
    ["characters of several bytes", '[{"a":"größer \u{1f600}"}]', ['{"a":"größer \u{1f600}"}']],
    ["no closing bracket", '[{"a":1}', ['{"a":1}']],
  ];
  for (const [name, text, elements] of cases) {
    test(`${name}, in whatever pieces`, () => {
      for (const size of [1, 2, 3, 7, 1000]) expect(split(text, size)).toEqual([...elements]);
    });
  }

  test("a stream that breaks off inside an element is no answer", () => {
    expect(() => split('[{"a":1},{"b":', 3)).toThrow(WireError);
  });

  test("what is joined is split again, whatever the chunking", () => {
    fc.assert(
      fc.property(fc.array(anyElement), fc.integer({ min: 1, max: 40 }), (elements, size) => {
        expect(split(join(elements), size)).toEqual(elements);
        expect(JSON.parse(join(elements))).toEqual(elements.map((each) => JSON.parse(each)));
      }),
      { seed: 7 },
    );
  });
});

describe("the cutter", () => {
  test("keeps every byte and cuts after every element", () => {
    const text = ' [ {"a":"}"} , {"b":2}\n]\n';
    for (const size of [1, 2, 5, 100]) {
      const bytes = encodeUtf8(text);
      const cutter = framing.createCutter();
      const cuts: string[] = [];
      for (let start = 0; start < bytes.length; start += size) {
        cuts.push(...cutter.push(bytes.slice(start, start + size)).map(decodeUtf8));
      }
      const rest = cutter.end();
      expect([...cuts, rest === null ? "" : decodeUtf8(rest)]).toEqual([' [ {"a":"}"}', ' , {"b":2}', "\n]\n"]);
    }
  });

  test("any bytes come out as they went in, or are too many", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        const cutter = framing.createCutter();
        const cut = pieces.flatMap((piece) => cutter.push(piece));
        const rest = cutter.end();
        const all = concatBytes(rest === null ? cut : [...cut, rest]);
        return Buffer.from(all).equals(Buffer.from(concatBytes(pieces)));
      }),
      { seed: 7 },
    );
  });

  test("holds no more than one element may be, however it drips", () => {
    const cutter = createCutter({ bytesMax: 5000 });
    expect(() => {
      cutter.push(encodeUtf8('[{"a":"'));
      for (let count = 0; count < 6000; count++) cutter.push(encodeUtf8("x"));
    }).toThrow(WireError);
  });
});

describe("the joiner", () => {
  const cases: readonly [string, readonly string[], unknown][] = [
    ["nothing came", [], []],
    ["two elements", ['{"a":1}', '{"b":2}'], [{ a: 1 }, { b: 2 }]],
    ["another framing's terminator and empty data", ['{"a":1}', "[DONE]", ""], [{ a: 1 }]],
    ["an element that is no JSON", ['{"a":1}', '{"b":'], [{ a: 1 }, JSON.parse(BROKEN)]],
    ["an error after an answer", ['{"a":1}', BROKEN], [{ a: 1 }, JSON.parse(BROKEN)]],
  ];
  for (const [name, data, wanted] of cases) {
    test(`${name}: a legal array`, () => {
      expect(JSON.parse(join(data))).toEqual(wanted);
    });
  }

  test("ends once, and nothing follows", () => {
    const joiner = framing.createJoiner();
    expect(decodeUtf8(joiner.end())).toBe("[]");
    expect(joiner.end().length + joiner.write({ event: null, data: "{}" }).length).toBe(0);
  });
});
