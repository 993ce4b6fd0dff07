// A member put deep into a document leaves every other byte as it was.
import { expect, test } from "bun:test";
import { decodeUtf8, encodeUtf8 } from "../../src/std/bytes.ts";
import { insertDeep } from "../../src/std/json-insert.ts";

test.each<readonly [string, readonly string[], string, string | null]>([
  ["the top", [], '{ "a": 1e2 }', '{ "a": 1e2,"n":[1] }'],
  ["an empty object", [], "{}", '{"n":[1]}'],
  ["an object inside", ["m"], '{"m": {"x":"é"} , "z":0}', '{"m": {"x":"é","n":[1]} , "z":0}'],
  ["absent on the way", ["m", "o"], '{"z":0}', '{"z":0,"m":{"o":{"n":[1]}}}'],
  ["null on the way", ["m", "o"], '{"m": null}', '{"m": {"o":{"n":[1]}}}'],
  ["null at the end of the way", ["m"], '{"m":null,"z":0}', '{"m":{"n":[1]},"z":0}'],
  ["text on the way", ["m"], '{"m":"x"}', null],
  ["a list on the way", ["m"], '{"m":[]}', null],
  ["there already", ["m"], '{"m":{"n":0}}', null],
  ["no object", [], "[1]", null],
  ["no JSON", [], '{"a":', null],
])("%s", (_name, path, given, expected) => {
  const got = insertDeep(encodeUtf8(given), { path, name: "n", jsonText: "[1]" });
  expect(got === null ? null : decodeUtf8(got)).toBe(expected);
});
