/** References to secrets: found, trimmed, read again when a file changes, and null instead of anything unfit for a header. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in plain text are what is tested here
import { describe, expect, test } from "bun:test";
import { createSecretResolver, FILE_CHECK_MS, type SecretSources } from "../../src/config/secret-refs.ts";
import type { SecretRef } from "../../src/ir/deployment.ts";

const ENV: Readonly<Record<string, string>> = { KEY: "  test-key-1\r\n", EMPTY: " \n", SPLIT: "a\r\nb" };

function world() {
  const state = { nowMs: 0, text: "file-key-1\n" as string | null, modifiedMs: 1, reads: 0, stats: 0 };
  const sources: SecretSources = {
    readEnv: (name) => (Object.hasOwn(ENV, name) ? ENV[name] : undefined),
    readFile: () => {
      state.reads += 1;
      return state.text;
    },
    statFile: () => {
      state.stats += 1;
      return state.text === null ? null : { modifiedMs: state.modifiedMs, bytes: state.text.length };
    },
    nowMs: () => state.nowMs,
  };
  return { state, resolver: createSecretResolver(sources) };
}

describe("one look", () => {
  const ROWS: readonly (readonly [name: string, ref: SecretRef, wanted: string | null])[] = [
    ["a variable, trimmed", { kind: "env", name: "KEY" }, "test-key-1"],
    ["a variable that is not set", { kind: "env", name: "NONE" }, null],
    ["an empty variable", { kind: "env", name: "EMPTY" }, null],
    ["a variable with a line break inside", { kind: "env", name: "SPLIT" }, null],
    ["a name from JavaScript", { kind: "env", name: "constructor" }, null],
    ["a file, trimmed", { kind: "file", path: "/k" }, "file-key-1"],
    ["plain text", { kind: "template", text: "plain" }, "plain"],
    ["a reference that is not set", { kind: "template", text: "${NONE}" }, null],
    ["a default", { kind: "template", text: "${NONE:-fallback}" }, "fallback"],
    ["an escape", { kind: "template", text: "$${NONE}" }, "${NONE}"],
    ["a value with a line break", { kind: "template", text: "x${SPLIT}" }, null],
  ];
  test.each(ROWS)("%s", (_, ref, wanted) => expect(world().resolver.resolve(ref)?.reveal() ?? null).toBe(wanted));
});

describe("a key file", () => {
  const ref: SecretRef = { kind: "file", path: "/k" };

  test("is looked at once a second and read only when it changed", () => {
    const { state, resolver } = world();
    for (let call = 0; call < 5; call += 1) resolver.resolve(ref);
    expect(state).toMatchObject({ stats: 1, reads: 1 });
    state.nowMs = FILE_CHECK_MS;
    resolver.resolve(ref);
    expect(state).toMatchObject({ stats: 2, reads: 1 });
  });

  test("gives the new key a second after it changed", () => {
    const { state, resolver } = world();
    resolver.resolve(ref);
    Object.assign(state, { text: "file-key-2", modifiedMs: 2, nowMs: FILE_CHECK_MS - 1 });
    expect(resolver.resolve(ref)?.reveal()).toBe("file-key-1");
    state.nowMs = FILE_CHECK_MS;
    expect(resolver.resolve(ref)?.reveal()).toBe("file-key-2");
  });

  test("that is gone is no key, and one again when it is back", () => {
    const { state, resolver } = world();
    state.text = null;
    expect(resolver.resolve(ref)).toBeNull();
    Object.assign(state, { text: "file-key-3", nowMs: FILE_CHECK_MS });
    expect(resolver.resolve(ref)?.reveal()).toBe("file-key-3");
    Object.assign(state, { text: null, nowMs: 2 * FILE_CHECK_MS });
    expect(resolver.resolve(ref)).toBeNull();
  });
});
