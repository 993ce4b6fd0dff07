// Proves that every structure rule can fail: each row plants one breach in a small source tree that is otherwise clean,
// and names what must be found. A second table holds what looks like a breach and is none.
import { expect, test } from "bun:test";
import {
  FILE_LINES_MAX,
  FILE_LINES_PLAIN_MAX,
  FUNCTION_LINES_MAX,
  findBreaches,
  findUnusedArrows,
  readRooms,
} from "./rules.ts";
import { readFacts } from "./syntax.ts";
import { findForbiddenWords, isWritten } from "./texts.ts";

const COMMENT = "// A file of the planted tree, here to be read by the rules.\n";

/** A tree that breaks no rule; every row adds to it or replaces some of it. */
const CLEAN = {
  "main.ts": `import "./cli/index.ts";`,
  "known.ts": "export const ids = ['a'];",
  "build-info.ts": "export const version = '0';",
  "cli/index.ts": `import { compose } from "../compose.ts"; import { version } from "../build-info.ts"; import "../config/load.ts"; compose(version, Date.now());`,
  "compose.ts": `
    import { serve } from "./server/serve.ts"; import "./protocols/index.ts"; import "./routing/decide.ts";
    import "./governance/identify.ts"; import type { Lane } from "./ir/lane.ts";
    export const compose = (version: string, _nowMs: number) => serve(version, [] as Lane[]);`,
  "config/load.ts": `import { ids } from "../known.ts"; import { shown } from "../displays/schema.ts"; import { z } from "zod";
    export const load = () => [ids, shown, z, Bun.file("x")];`,
  "displays/schema.ts": `import type { z } from "zod"; import { ids } from "../known.ts"; import { lamp } from "./lamp/schema.ts";
    export const shown = (zod: typeof z) => [zod, ids, lamp];`,
  "displays/lamp/schema.ts": "export const lamp = 4;",
  "server/serve.ts": `export const serve = (...parts: unknown[]) => Bun.serve({ fetch: () => new Response(String(parts)) });`,
  "governance/identify.ts": `import { one } from "../std/one.ts"; export const identify = (secret: { reveal(): string }) => [one, secret.reveal()];`,
  "routing/decide.ts": `import type { Lane } from "../ir/lane.ts"; export const decide = (lanes: Lane[]) => lanes;`,
  "ir/lane.ts": "export type Lane = string;",
  "std/one.ts": "export const one = 1;",
  "protocols/index.ts": `import "./alpha/index.ts"; import "./beta/index.ts";`,
  "protocols/alpha/index.ts": `import { split } from "../framing/sse.ts"; export const alpha = split;`,
  "protocols/beta/index.ts": "export const beta = 2;",
  "protocols/framing/sse.ts": "export const split = 3;",
};

async function breachesOf(planted: Record<string, string>): Promise<string[]> {
  const texts = Object.entries({ ...CLEAN, ...planted });
  const files = new Map(texts.map(([path, text]) => [path, text.startsWith("!") ? text.slice(1) : COMMENT + text]));
  return findBreaches(await readFacts(files)).map(({ rule, file }) => `${rule} ${file}`);
}

const lines = (count: number): string => "void 0;\n".repeat(count);
/** A planted text that starts with "!" gets no comment line put before it. */
const bare = (text: string): string => `!${text}`;

test("the clean tree breaks no rule", async () => {
  expect(await breachesOf({})).toEqual([]);
});

test.each<[string, Record<string, string>, string]>([
  [
    "an arrow outside the table",
    { "std/one.ts": `export { decide } from "../routing/decide.ts"; export const one = 1;` },
    "import std/one.ts",
  ],
  [
    "import type counts",
    { "std/one.ts": `import type { Lane } from "../ir/lane.ts"; export const one: Lane = 1;` },
    "import std/one.ts",
  ],
  [
    "an import type node counts",
    { "std/one.ts": `export const one: import("../routing/decide.ts").X = 1;` },
    "import std/one.ts",
  ],
  [
    "a dynamic import counts",
    { "std/one.ts": `export const one = 1; void import("../routing/decide.ts");` },
    "import std/one.ts",
  ],
  [
    "a side-effect import counts",
    { "std/one.ts": `import "../routing/decide.ts"; export const one = 1;` },
    "import std/one.ts",
  ],
  [
    "export type … from counts",
    { "std/one.ts": `export type { Lane } from "../ir/lane.ts"; export const one = 1;` },
    "import std/one.ts",
  ],
  [
    "known is not for every room",
    { "routing/decide.ts": `import "../ir/lane.ts"; import { ids } from "../known.ts"; void ids;` },
    "import routing/decide.ts",
  ],
  ["main imports only cli", { "main.ts": `import "./cli/index.ts"; import "./compose.ts";` }, "import main.ts"],
  [
    "one protocol imports another",
    { "protocols/alpha/index.ts": `import "../framing/sse.ts"; import "../beta/index.ts";` },
    "import protocols/alpha/index.ts",
  ],
  ["a file that does not exist", { "std/one.ts": `import "./two.ts"; export const one = 1;` }, "import std/one.ts"],
  [
    "a package outside its room",
    { "routing/decide.ts": `import "../ir/lane.ts"; import "zod";` },
    "import routing/decide.ts",
  ],
  [
    "a package nobody decided on",
    { "config/load.ts": `import "../known.ts"; import "left-pad"; export const load = 1;` },
    "import config/load.ts",
  ],
  [
    "a vendor's code",
    {
      "protocols/alpha/index.ts": `import "./wire.ts"; import "../framing/sse.ts";`,
      "protocols/alpha/wire.ts": `import OpenAI from "openai"; export const x = OpenAI;`,
    },
    "import protocols/alpha/wire.ts",
  ],
  [
    "a vendor's types outside wire.ts",
    { "routing/decide.ts": `import "../ir/lane.ts"; import type { A } from "openai"; export type B = A;` },
    "import routing/decide.ts",
  ],
  [
    "files in a core room",
    { "routing/decide.ts": `import "../ir/lane.ts"; import "node:fs";` },
    "import routing/decide.ts",
  ],
  [
    "a text outside src",
    { "routing/decide.ts": `import "../ir/lane.ts"; import x from "../../providers.yaml"; void x;` },
    "import routing/decide.ts",
  ],
  [
    "a type's name in two rooms",
    {
      "routing/decide.ts": `import type { Lane as Other } from "../ir/lane.ts"; /** Ours. */ export interface Lane { other: Other }`,
    },
    "type-name ir/lane.ts",
  ],
  [
    "a word that names no subject",
    { "std/one.ts": "/** 1, and nobody changes it. */ export const one = 1;" },
    "vague-word std/one.ts",
  ],
  [
    "config reads more of a registry than its schema",
    {
      "config/load.ts": `import "../known.ts"; import "../displays/schema.ts"; import "../displays/index.ts"; export const load = 1;`,
      "displays/index.ts": "export const displays = 1;",
    },
    "import config/load.ts",
  ],
  [
    "a registry's schema loads what the registry runs",
    {
      "displays/schema.ts": `import "./lamp/schema.ts"; import "./index.ts"; export const shown = 1;`,
      "displays/index.ts": "export const displays = 1;",
    },
    "import displays/schema.ts",
  ],
  [
    "a registry's schema loads zod",
    { "displays/schema.ts": `import { z } from "zod"; import "./lamp/schema.ts"; export const shown = z;` },
    "import displays/schema.ts",
  ],
  [
    "a file in no room",
    { "main.ts": `import "./cli/index.ts"; import "./other/x.ts";`, "other/x.ts": "" },
    "room other/x.ts",
  ],
  [
    "an index.ts that hands names on",
    { "protocols/alpha/index.ts": `export { split } from "../framing/sse.ts";` },
    "re-export protocols/alpha/index.ts",
  ],
  [
    "a computed import",
    { "cli/index.ts": `import "../compose.ts"; import "../build-info.ts"; void import("./" + process.argv[2]);` },
    "computed-import cli/index.ts",
  ],
  [
    "a computed require",
    { "cli/index.ts": `import "../compose.ts"; import "../build-info.ts"; require(process.argv[2]);` },
    "computed-import cli/index.ts",
  ],
  [
    "a cycle of two",
    { "std/one.ts": `import "./two.ts"; export const one = 1;`, "std/two.ts": `import type {} from "./one.ts";` },
    "cycle std/one.ts",
  ],
  ["a file that imports itself", { "std/one.ts": `import "./one.ts"; export const one = 1;` }, "cycle std/one.ts"],
  ["a file nobody reaches", { "std/two.ts": "export {};" }, "dead-file std/two.ts"],
  [
    "a file only a dead file reaches",
    { "std/two.ts": `import "./three.ts";`, "std/three.ts": "" },
    "dead-file std/three.ts",
  ],
  [
    "a long file without a reason",
    { "std/one.ts": `export const one = 1;\n${lines(FILE_LINES_PLAIN_MAX)}` },
    "file-length std/one.ts",
  ],
  [
    "a file that no reason allows",
    {
      "std/one.ts": bare(
        `// All the words of one: its length is the table.\nexport const one = 1;\n${lines(FILE_LINES_MAX)}`,
      ),
    },
    "file-length std/one.ts",
  ],
  ["a file without a first comment", { "std/one.ts": bare("export const one = 1;") }, "first-comment std/one.ts"],
  [
    "a first comment that says nothing",
    { "std/one.ts": bare("// one\nexport const one = 1;") },
    "first-comment std/one.ts",
  ],
  [
    "a long function",
    { "std/one.ts": `export function one() {\n${lines(FUNCTION_LINES_MAX)}}` },
    "function-length std/one.ts",
  ],
  [
    "a long arrow function",
    { "std/one.ts": `export const one = () => {\n${lines(FUNCTION_LINES_MAX)}}` },
    "function-length std/one.ts",
  ],
  [
    "a long method",
    { "std/one.ts": `export class One { a() {\n${lines(FUNCTION_LINES_MAX)}} }; export const one = 1` },
    "function-length std/one.ts",
  ],
  [
    "an empty catch",
    { "std/one.ts": "export const one = 1; try { one; } catch { /* nothing */ }" },
    "empty-catch std/one.ts",
  ],
  [
    "a name that says nothing",
    { "std/one.ts": `export { one } from "./utils.ts";`, "std/utils.ts": "export const one = 1;" },
    "name std/utils.ts",
  ],
  [
    "a folder that says nothing",
    { "std/one.ts": `export { one } from "./helpers/a.ts";`, "std/helpers/a.ts": "export const one = 1;" },
    "name std/helpers/a.ts",
  ],
  [
    "a phase of exchange imports a later one",
    {
      "server/serve.ts": `import "../exchange/engine.ts"; export const serve = 1;`,
      "exchange/engine.ts": `import "./lane/dispatch.ts";`,
      "exchange/lane/dispatch.ts": `import "../answer/flow.ts";`,
      "exchange/answer/flow.ts": "",
    },
    "import exchange/lane/dispatch.ts",
  ],
  [
    "a union of our own told apart by its members",
    { "std/one.ts": `export const one = (result: { a: 1 } | { b: 2 }) => ("a" in result ? result.a : result.b);` },
    "member-test std/one.ts",
  ],
  [
    "a secret revealed elsewhere",
    { "routing/decide.ts": `import "../ir/lane.ts"; export const decide = (s: { reveal(): string }) => s.reveal();` },
    "reveal routing/decide.ts",
  ],
])("found: %s", async (_name, planted, wanted) => {
  expect(await breachesOf(planted)).toContain(wanted);
});

test("a clock beside the one place is found, also where globals are allowed", async () => {
  const planted = {
    "server/serve.ts": "export const serve = (...parts: unknown[]) => [Bun.serve, parts, performance.now()];",
    "cli/index.ts": `${CLEAN["cli/index.ts"]} import "../process/run.ts"; import "../process/real-effects.ts";`,
    "process/run.ts": "export const run = () => setTimeout(() => process.exit(0), 1);",
    "process/real-effects.ts": "export const nowMs = () => Date.now();",
  };
  expect((await breachesOf(planted)).toSorted()).toEqual(["global process/run.ts", "global server/serve.ts"]);
});

test("an arrow that no file uses is found, and one that a type uses is not", async () => {
  const files = new Map(Object.entries(CLEAN).map(([path, text]) => [path, COMMENT + text]));
  const unused = findUnusedArrows(await readFacts(files));
  expect(unused).toContain("routing → std");
  expect(unused).not.toContain("routing → ir");
  expect(unused).not.toContain("main → cli");
});

test.each([
  "Date.now();",
  "const now = Date.now;",
  "new Date();",
  "Math.random();",
  "performance.now();",
  "setTimeout(() => {}, 1);",
  "setInterval(() => {}, 1);",
  "setImmediate(() => {});",
  "AbortSignal.timeout(5);",
  "fetch('http://127.0.0.1');",
  "const parts = { fetch };",
  "console.log(1);",
  "crypto.randomUUID();",
  "process.env['A'];",
  "const { env } = process;",
  "Bun.nanoseconds();",
  "Bun.file('x');",
  "globalThis.fetch;",
  "import.meta.env;",
])("a global in a core room is found: %s", async (code) => {
  const planted = { "std/one.ts": `export const one = 1; ${code}` };
  expect(await breachesOf(planted)).toEqual(["global std/one.ts"]);
});

test.each<[string, Record<string, string>]>([
  [
    "a vendor's types in wire.ts",
    {
      "protocols/alpha/index.ts": `import "./wire.ts"; import "../framing/sse.ts";`,
      "protocols/alpha/wire.ts": `import type { A } from "openai"; export type { B } from "@anthropic-ai/sdk/resources"; export type C = A;`,
    },
  ],
  ["a name the file declares", { "std/one.ts": "export const one = (fetch: () => void) => fetch();" }],
  [
    "a destructured effect",
    { "std/one.ts": "export const one = (effects: { fetch(): void }) => { const { fetch } = effects; fetch(); };" },
  ],
  [
    "a property of that name",
    {
      "std/one.ts":
        "export const one = (effects: { fetch(): void; process: 1 }) => [effects.fetch(), effects.process];",
    },
  ],
  [
    "a type of that name",
    {
      "std/one.ts":
        "export const one = 1; export type Send = typeof fetch; export type Timer = ReturnType<typeof setTimeout>;",
    },
  ],
  ["a moment that is given", { "std/one.ts": "export const one = (ms: number) => new Date(ms);" }],
  [
    "a word in a string or comment",
    { "std/one.ts": "export const one = 'process.env Date.now() import(x)'; // fetch()" },
  ],
  [
    "a long file with a reason",
    {
      "std/one.ts": bare(
        `// All the words of one, in one place: its length is the table.\nexport const one = 1;\n${lines(FILE_LINES_PLAIN_MAX)}`,
      ),
    },
  ],
  [
    "a block comment first",
    { "std/one.ts": bare("/** The number one, which others build on. */\nexport const one = 1;") },
  ],
  [
    "a phase of exchange imports its own and earlier ones",
    {
      "server/serve.ts": `import "../exchange/probing/probe.ts"; export const serve = 1;`,
      "exchange/probing/probe.ts": `import "../engine.ts";`,
      "exchange/engine.ts": `import "./answer/flow.ts";`,
      "exchange/answer/flow.ts": `import "../lane/dispatch.ts"; import "../contract.ts";`,
      "exchange/lane/dispatch.ts": `import "../request/facts.ts";`,
      "exchange/request/facts.ts": `import "./form.ts"; import "../shared-state.ts";`,
      "exchange/request/form.ts": "",
      "exchange/shared-state.ts": "",
      "exchange/contract.ts": `import "./shared-state.ts";`,
    },
  ],
  [
    "a member of a value that was unknown",
    {
      "std/one.ts": `export const one = (error: unknown) => (error instanceof Error && "code" in error ? error.code : null);
export const two = (value: unknown) => typeof value === "object" && value !== null && "code" in value;`,
    },
  ],
  ["a catch that acts", { "std/one.ts": "export let one = 1; try { one; } catch { one = 2; }" }],
])("not a breach: %s", async (_name, planted) => {
  expect(await breachesOf(planted)).toEqual([]);
});

test("a map without its table, or without the heading, reads as nothing", () => {
  expect(readRooms("# Map\n\n| room | may import |\n|---|---|\n| std | — |\n")).toBeNull();
  expect(readRooms("## Who may import whom\n\nnothing yet\n")).toBeNull();
  expect(readRooms("## Who may import whom\n\n| room | may import |\n|---|---|\n| `ir` | std |\n")).toEqual(
    new Map([["ir", ["std"]]]),
  );
});

test.each([
  ["/", "work/", "main"].join(""),
  ["see /", "tmp/", "x"].join(""),
  ["https://registry.", "npmjs", ".org"].join(""),
  ["// FIX", "ME later"].join(""),
])("a forbidden word is found: %s", (text) => {
  expect(findForbiddenWords(`fine\n${text}\n`).map(({ line }) => line)).toEqual([2]);
});

test("ordinary words pass, and recordings are not read", () => {
  expect(
    findForbiddenWords(`docs/${"wo"}rk/notes, ./${"tm"}p/x, a workbench, https://host.invalid/${"wo"}rk/1`),
  ).toEqual([]);
  expect(["src/main.ts", "docs/config.md", ".ci/run"].every(isWritten)).toBe(true);
  expect(["package-lock.json", "test/goldens/a.resp.sse", "test/goldens/a.json"].some(isWritten)).toBe(false);
});
