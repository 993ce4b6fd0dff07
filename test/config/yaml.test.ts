/** What a YAML file can do to its reader: each trick is refused with its line, quickly, and never crashes. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in plain text are what is tested here
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TEXT_CHARS_MAX } from "../../src/config/yaml-tree.ts";
import { BASE, CATALOG, ENV, load } from "./harness.ts";

const LETTERS = "abcdefghijkl";
const aliasBomb = [
  "a: &a [x, x, x, x, x, x, x, x, x]",
  ...[...LETTERS.slice(1)].map(
    (name, at) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${LETTERS[at]}`).join(", ")}]`,
  ),
].join("\n");
const mergeChain = Array.from(
  { length: 3_000 },
  (_, at) => `m${at}: &m${at} { <<: *m${Math.max(0, at - 1)}, k: 1 }`,
).join("\n");

interface Trick {
  readonly name: string;
  readonly text: string;
  readonly line: number;
  readonly says: string;
}

const TRICKS: Trick[] = [
  { name: "duplicate key", text: "providers: {}\nmodels: {}\nproviders: {}\n", line: 3, says: "twice" },
  {
    name: "duplicate key deep down",
    text: "providers: {}\nmodels:\n  m:\n    provider: a\n    provider: b\n",
    line: 5,
    says: "twice",
  },
  { name: "the same key in two spellings", text: 'providers: {}\n"providers": {}\n', line: 2, says: "twice" },
  { name: "alias bomb", text: aliasBomb, line: 1, says: "too large when its aliases" },
  { name: "cycle", text: "providers: {}\nmodels: &m\n  x: *m\n", line: 3, says: "never end" },
  { name: "cycle in a list", text: "providers: {}\nmodels: &m\n  - *m\n", line: 3, says: "never end" },
  { name: "alias of nothing", text: "providers: {}\nmodels: *m\n", line: 2, says: "" },
  {
    name: "merge key",
    text: "providers: {}\nmodels: { a: &a { provider: x }, b: { <<: *a } }\n",
    line: 2,
    says: "merge keys",
  },
  { name: "merge chain", text: mergeChain, line: 1, says: "merge keys" },
  { name: "bottomless list", text: "[".repeat(100_000), line: 1, says: "nested too deeply" },
  { name: "bottomless mapping", text: `a:\n${"{a: ".repeat(100_000)}`, line: 2, says: "nested too deeply" },
  { name: "bottomless dashes", text: `${"- ".repeat(20_000)}a`, line: 1, says: "nested" },
  {
    name: "bottomless indentation",
    text: Array.from({ length: 500 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"),
    line: 34,
    says: "deeper than 32",
  },
  { name: "two documents", text: "providers: {}\n---\nmodels: {}\n", line: 2, says: "more than one document" },
  { name: "tab", text: "providers:\n\tacme: {}\n", line: 2, says: "tab" },
  { name: "tag", text: "providers: {}\nmodels: !!js/function x\n", line: 2, says: "tag" },
  { name: "binary", text: "providers: {}\nmodels: !!binary aGk=\n", line: 2, says: "" },
  {
    name: "prototype",
    text: "providers: {}\nmodels:\n  __proto__: { provider: x }\n",
    line: 3,
    says: "cannot be used as a name",
  },
  { name: "key that is a list", text: "providers: {}\n? [a]\n: 1\n", line: 2, says: "not plain text" },
  { name: "unclosed quote", text: 'providers: {}\nmodels: "x\n', line: 3, says: "closing quote" },
  { name: "too large", text: `# ${"x".repeat(TEXT_CHARS_MAX)}`, line: 1, says: "is larger than" },
];

describe("tricks", () => {
  test.each(TRICKS)("$name", ({ text, line, says }) => {
    const { deployment, problems } = load(text);
    expect(deployment).toBeNull();
    expect(problems.filter((each) => each.line === line && each.message.includes(says))).not.toEqual([]);
  });
});

test("a syntax error quotes nothing of the file", () => {
  const { problems } = load('auth: { client_tokens: ["secret-token-1" "secret-token-2"] }\n');
  expect(problems).not.toEqual([]);
  expect(JSON.stringify(problems)).not.toContain("secret-token");
});

test("names of JavaScript's own are only names", () => {
  const config =
    'providers: { constructor: { protocol: openai, base_url: "https://x.invalid", api_key_env: ACME_KEY } }\nmodels: { toString: { provider: constructor }, m: { provider: hasOwnProperty } }\n';
  expect(load(config).problems).toMatchObject([
    { path: "models.m.provider", message: expect.stringContaining("is not under providers") },
  ]);
});

test("five thousand names are read, not compared with each other", () => {
  const models = Array.from({ length: 5_000 }, (_, at) => `  m${at}: { provider: acme }`).join("\n");
  expect(load(`providers: { acme: { api_key_env: ACME_KEY } }\nmodels:\n${models}\n`).problems).toEqual([]);
});

const FULL = `${BASE}pools:
  p: { members: [{ target: big, weight: 2 }], failover: { cap: 1, keep: [model] }, on_exhausted: { action: wait }, affinity: {} }
auth: { mode: token, client_tokens: ["\${TOKEN}"] }
timeouts: { idle_ms: 5, stream: { idle_ms: 6 } }
`;
const PIECES = [
  "{",
  "}",
  "[",
  "]",
  ":",
  "-",
  "\n",
  "  ",
  "*a",
  "&a ",
  "<<: ",
  "${",
  "}",
  '"',
  "'",
  "|",
  ">",
  "!!x ",
  "#",
  "null",
  "0",
  ".nan",
  "1e999",
  "~",
  "---",
  "%",
  "@",
  "\t",
  "\u2028",
  "😀",
];

/** Cuts, doubles, swaps and sprinkles; enough to reach every branch of a reader. */
const mutation = fc.oneof(
  fc.record({ at: fc.nat(FULL.length), count: fc.nat(20), put: fc.constant("") }),
  fc.record({ at: fc.nat(FULL.length), count: fc.nat(3), put: fc.constantFrom(...PIECES) }),
  fc.record({ at: fc.nat(FULL.length), count: fc.constant(0), put: fc.string({ maxLength: 6 }) }),
);

test("three hundred spoiled files give a deployment or an error with a place, never a crash", () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
      const text = mutations.reduce(
        (spoiled, { at, count, put }) => spoiled.slice(0, at) + put + spoiled.slice(at + count),
        FULL,
      );
      const { deployment, problems } = load(text);
      expect(deployment === null).toBe(problems.some((problem) => problem.severity === "error"));
      for (const { line, column, message } of problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(message).not.toContain(ENV["TOKEN"] ?? "");
      }
    }),
    { numRuns: 300 },
  );
});

test("any tree of any values in any place is refused or read, never a crash", () => {
  const key = fc.constantFrom(
    "providers",
    "models",
    "pools",
    "auth",
    "acme",
    "m",
    "provider",
    "members",
    "target",
    "timeouts",
    "accounts",
    "displays",
    "governance",
    "health",
    "constructor",
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, 0, -1, 1.5, "", "acme", "m", "token", "${NO}", "x\u0000y"),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(key, tree, { maxKeys: 5 }), (value) => {
      const { deployment, problems } = load(JSON.stringify(value));
      expect(deployment === null).toBe(problems.some((problem) => problem.severity === "error"));
      // The same junk as a catalog.
      expect(load(BASE, { catalog: JSON.stringify(value) }).problems.length).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 300 },
  );
});

test("the catalog of these tests is one", () => expect(load(BASE, { catalog: CATALOG }).problems).toEqual([]));
