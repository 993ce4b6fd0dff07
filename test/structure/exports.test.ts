// Holds every export under src to a reader in another file, and proves that the search can fail.
import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findUnreadExports } from "./exports.ts";

const root = join(import.meta.dir, "..", "..");

test("every export under src is imported by another file", async () => {
  const texts = new Map<string, string>();
  for (const folder of ["src", "test", "scripts"]) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const path = `${folder}/${name.replaceAll("\\", "/")}`;
      if (path.endsWith(".ts")) texts.set(path, await Bun.file(join(root, path)).text());
    }
  }
  expect(texts.has("src/main.ts")).toBe(true);
  expect(findUnreadExports(texts)).toEqual([]);
});

const ONE = "// One.\nexport const one = 1;\n\nexport interface Two {\n  readonly two: 2;\n}\n";

test.each<[string, Record<string, string>, string[]]>([
  ["no reader", {}, ["src/std/one.ts one", "src/std/one.ts Two"]],
  ["a reader of another name", { "src/a.ts": `import { one } from "./std/one.ts";` }, ["src/std/one.ts Two"]],
  ["names over lines", { "src/a.ts": `import {\n  one,\n  type Two,\n} from "./std/one.ts";` }, []],
  ["another name given", { "test/a.ts": `import { type Two as Pair, one } from "../src/std/one.ts";` }, []],
  ["all names at once", { "test/a.ts": `import * as all from "../src/std/one.ts";` }, []],
  ["loaded later", { "src/a.ts": `const { one } = await import("./std/one.ts");` }, []],
  [
    "a type taken in place",
    { "src/a.ts": `let two: import("./std/one.ts").Two; import { one } from "./std/one.ts";` },
    [],
  ],
  ["handed on", { "src/a.ts": `export { one, type Two } from "./std/one.ts";` }, []],
  [
    "a file of the same name",
    { "src/ir/a.ts": `import { one } from "./one.ts";` },
    ["src/std/one.ts one", "src/std/one.ts Two"],
  ],
  [
    "exports outside src",
    { "test/b.ts": "export const b = 1;", "src/a.ts": `import * as all from "./std/one.ts";` },
    [],
  ],
])("unread exports: %s", (_, files, unread) => {
  expect(findUnreadExports(new Map(Object.entries({ "src/std/one.ts": ONE, ...files })))).toEqual(unread);
});
