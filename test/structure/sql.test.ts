// Every SQL text is a constant: what somebody sends is given to it as a parameter. The few that are put together are put
// together from constants of the same file.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dir, "..", "..", "src", "governance", "stores");
/** What may stand inside a text of SQL. */
const CONSTANTS = new Set(["BUSY_MS", "MIGRATIONS.length", "APPLICATION_ID", "GROUPINGS[by]", "SUMS"]);
const SQL = /\b(?:query|prepare|run|exec)(?:<[^`"(]*>)?\(\s*(?:`([^`]*)`|"([^"]*)")/g;

test("no value is written into a text of SQL", () => {
  const found: string[] = [];
  let texts = 0;
  for (const name of readdirSync(FOLDER)) {
    const source = readFileSync(join(FOLDER, name), "utf8");
    for (const [, template = ""] of source.matchAll(SQL)) {
      texts += 1;
      for (const [, inside = ""] of template.matchAll(/\$\{([^}]*)\}/g)) {
        if (!CONSTANTS.has(inside)) found.push(`${name}: ${inside}`);
      }
    }
  }
  expect(found).toEqual([]);
  expect(texts).toBeGreaterThan(20);
});
