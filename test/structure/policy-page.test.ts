// docs/policy.md names a test for each row of what holds: the file is there, and it has a test of that name.
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/policy.md", root), "utf8");
const rows = page.split("\n").filter((line) => /^\| [AQR]\d/.test(line));

/** `path`: name; `path`: name */
const named = rows.flatMap((row) => {
  const [, id = "", , tests = ""] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
  return tests.split("; ").map((each): [string, string, string] => {
    const [, path = "", name = ""] = /^`([^`]+)`: (.+)$/.exec(each) ?? [];
    return [id, path, name];
  });
});

test("there are rows, and each names a test", () => {
  expect(rows.length).toBeGreaterThan(0);
  expect(named.filter(([, path, name]) => path === "" || name === "")).toEqual([]);
});

test.each(named)("%s is shown by %s: %s", (_, path, name) => {
  const file = new URL(path, root);
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file, "utf8")).toContain(name);
});
