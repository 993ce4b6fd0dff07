// Forms: every field is found where it stands, one value changes and nothing else, and what two readers could read differently is refused.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../src/std/bytes.ts";
import { splice } from "../../src/std/json.ts";
import { boundaryOf, FORM_FIELDS_MAX, type FormField, insertField, scanForm } from "../../src/std/multipart.ts";

const B = "----b0undary";

interface Part {
  readonly name: string;
  readonly value: Uint8Array;
  readonly file?: string;
}

function formOf(parts: readonly Part[], boundary = B): Uint8Array {
  const pieces = parts.flatMap(({ name, value, file }) => [
    encodeUtf8(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file === undefined ? "" : `; filename="${file}"\r\nContent-Type: application/octet-stream`}\r\n\r\n`,
    ),
    value,
    encodeUtf8("\r\n"),
  ]);
  return concatBytes([...pieces, encodeUtf8(`--${boundary}--\r\n`)]);
}

function fieldsOf(bytes: Uint8Array, boundary = B): readonly FormField[] {
  const scan = scanForm(bytes, boundary);
  if (scan.kind === "bad") throw new Error(scan.message);
  return scan.fields;
}

test.each([
  ["multipart/form-data; boundary=abc", "abc"],
  ['multipart/form-data; boundary="a b:c"', "a b:c"],
  ["Multipart/Form-Data;charset=utf-8;  BOUNDARY=----x1", "----x1"],
  ["multipart/form-data; boundary=abc; charset=utf-8", "abc"],
  ["multipart/form-data", null],
  ["multipart/form-data; boundary=", null],
  ['multipart/form-data; boundary="a"b', null],
  ["multipart/form-data; notboundary=abc", null],
  ["multipart/mixed; boundary=abc", null],
  [`multipart/form-data; boundary=${"x".repeat(71)}`, null],
  ["application/json", null],
])("boundary of %s", (type, boundary) => {
  expect(boundaryOf(type)).toBe(boundary);
});

const text = (name: string, value: string): Part => ({ name, value: encodeUtf8(value) });

test("fields are found where they stand", () => {
  const file = {
    name: "image[]",
    value: new Uint8Array([0, 13, 10, 45, 45, 13, 10, 255]),
    file: 'a "b"; name=c.png'.replaceAll('"', '\\"'),
  };
  const bytes = formOf([text("model", "m-1"), file, text("prompt", ""), text("model2", "x\r\n--y")]);
  expect(
    fieldsOf(bytes).map(({ name, isFile, valueStart, valueEnd }) => [
      name,
      isFile,
      [...bytes.subarray(valueStart, valueEnd)],
    ]),
  ).toEqual([
    ["model", false, [...encodeUtf8("m-1")]],
    ["image[]", true, [...file.value]],
    ["prompt", false, []],
    ["model2", false, [...encodeUtf8("x\r\n--y")]],
  ]);
});

const head = 'Content-Disposition: form-data; name="model"';
const bad: [string, string][] = [
  ["nothing", ""],
  ["no boundary", "hello"],
  ["a preamble", `x\r\n--${B}\r\n${head}\r\n\r\nm\r\n--${B}--\r\n`],
  ["an epilogue", `--${B}\r\n${head}\r\n\r\nm\r\n--${B}--\r\nmore`],
  ["no end", `--${B}\r\n${head}\r\n\r\nm\r\n`],
  ["a boundary that goes on", `--${B}\r\n${head}\r\n\r\nm\r\n--${B}x\r\n`],
  ["bare line feeds", `--${B}\n${head}\n\nm\n--${B}--\n`],
  ["a folded header", `--${B}\r\nContent-Disposition: form-data;\r\n name="model"\r\n\r\nm\r\n--${B}--`],
  ["a line feed in a header", `--${B}\r\nX: a\n${head}\r\n\r\nm\r\n--${B}--`],
  ["no name", `--${B}\r\nContent-Type: text/plain\r\n\r\nm\r\n--${B}--`],
  ["two names", `--${B}\r\n${head}; name="other"\r\n\r\nm\r\n--${B}--`],
  ["an extended name", `--${B}\r\nContent-Disposition: form-data; name*=utf-8''model\r\n\r\nm\r\n--${B}--`],
  ["an escaped name", `--${B}\r\nContent-Disposition: form-data; name="mo\\del"\r\n\r\nm\r\n--${B}--`],
  ["two dispositions", `--${B}\r\n${head}\r\n${head}\r\n\r\nm\r\n--${B}--`],
  ["another disposition", `--${B}\r\nContent-Disposition: attachment; name="model"\r\n\r\nm\r\n--${B}--`],
  ["an encoded part", `--${B}\r\n${head}\r\nContent-Transfer-Encoding: base64\r\n\r\nbQ==\r\n--${B}--`],
  ["a part without a value", `--${B}\r\n${head}\r\n\r\n--${B}--`],
  ["endless headers", `--${B}\r\nX: ${"x".repeat(9_000)}\r\n${head}\r\n\r\nm\r\n--${B}--`],
];
describe("refused", () => {
  test.each(bad)("%s", (_name, body) => {
    expect(scanForm(encodeUtf8(body), B).kind).toBe("bad");
  });

  test("more fields than anybody sends", () => {
    const many = (count: number) => formOf(Array.from({ length: count }, (_, at) => text(`f${at}`, "v")));
    expect(scanForm(many(FORM_FIELDS_MAX), B).kind).toBe("ok");
    expect(scanForm(many(FORM_FIELDS_MAX + 1), B).kind).toBe("bad");
  });
});

test("a field is put before all others", () => {
  const bytes = formOf([text("prompt", "a cat")]);
  const edited = splice(bytes, [insertField(B, "model", "m-1")]);
  expect(decodeUtf8(edited)).toBe(decodeUtf8(formOf([text("model", "m-1"), text("prompt", "a cat")])));
});

const names = fc.stringMatching(/^[a-z_[\]]{1,12}$/);
const parts = fc.array(
  fc.record({
    name: names,
    value: fc.uint8Array({ maxLength: 300 }),
    file: fc.option(fc.constant("a.bin"), { nil: undefined }),
  }),
  { maxLength: 8 },
);

test("property: replacing one value leaves every other byte, and the rest is read as before", () => {
  fc.assert(
    fc.property(parts, fc.nat(), fc.string({ maxLength: 40 }), (given, at, value) => {
      // A value that holds the boundary is no value of this form.
      const usable = given.filter((part) => !Buffer.from(part.value).includes(`--${B}`));
      const bytes = formOf(usable.map(({ file, ...part }) => (file === undefined ? part : { ...part, file })));
      const fields = fieldsOf(bytes);
      expect(fields.map(({ name }) => name)).toEqual(usable.map(({ name }) => name));
      const index = fields.length === 0 ? -1 : at % fields.length;
      const field = fields[index];
      if (field === undefined) return;
      const replacement = encodeUtf8(value);
      const edited = splice(bytes, [{ start: field.valueStart, end: field.valueEnd, replacement }]);
      const again = fieldsOf(edited);
      expect(again.map(({ name, isFile }) => [name, isFile])).toEqual(fields.map(({ name, isFile }) => [name, isFile]));
      for (const [each, { valueStart, valueEnd }] of again.entries()) {
        const expected = each === index ? replacement : usable[each]?.value;
        expect([...edited.subarray(valueStart, valueEnd)]).toEqual([...(expected ?? [])]);
      }
    }),
  );
});

test("property: any bytes are fields or a sentence, never a throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (noise, framed) => {
      const bytes = framed ? concatBytes([encodeUtf8(`--${B}\r\n`), noise, encodeUtf8(`\r\n--${B}--`)]) : noise;
      expect(["ok", "bad"]).toContain(scanForm(bytes, B).kind);
    }),
  );
});
