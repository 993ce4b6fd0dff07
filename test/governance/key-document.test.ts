// A key as text: what an operator writes of it is what is stored, shown and read again.
import { expect, test } from "bun:test";
import { applyDraft, readDraft, readStoredKey, showKey } from "../../src/governance/key-document.ts";
import { virtualKey } from "../harness/builders.ts";

test.each<readonly [unknown, boolean | null, string | null]>([
  ["on", true, "on"],
  ["off", false, "off"],
  [null, null, null],
])("aliases: %p", (said, kept, shown) => {
  const read = readDraft({ aliases: said }, { isNew: false });
  if (read.kind === "bad") throw new Error(read.why);
  const key = applyDraft(virtualKey({ aliases: true }), read.draft);
  expect(key.aliases).toBe(kept);
  expect(showKey(key, 1)).toMatchObject({ aliases: shown });
  expect(readStoredKey(JSON.stringify(key))?.aliases ?? null).toBe(kept);
});

test.each([[true], ["yes"], [1], [[]], [""]])("aliases: %p is refused", (said) => {
  expect(readDraft({ aliases: said }, { isNew: false })).toMatchObject({ kind: "bad", status: 422 });
});

test("a key that is stored without a word of aliases has none", () => {
  expect(readStoredKey(JSON.stringify(virtualKey({})))?.aliases).toBeUndefined();
});

test.each([[true], [false], [null]])("debug: %p", (said) => {
  const read = readDraft({ debug: said }, { isNew: false });
  if (read.kind === "bad") throw new Error(read.why);
  const key = applyDraft(virtualKey({ debug: true }), read.draft);
  expect(key.debug).toBe(said);
  expect(showKey(key, 1)).toMatchObject({ debug: said });
  expect(readStoredKey(JSON.stringify(key))?.debug ?? null).toBe(said);
});

test.each([["on"], [1], [{}]])("debug: %p is refused", (said) => {
  expect(readDraft({ debug: said }, { isNew: false })).toMatchObject({ kind: "bad", status: 422 });
});
