// The pages for contributors name files: each of them is there.
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");
const PATH = /`((?:src|test|scripts|docs)\/[\w./-]+)`/g;

test.each(["docs/contributing.md", "README.md"])("%s names files that are there", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const named = [...text.matchAll(PATH)].flatMap(([, path]) => path ?? []);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test("the map names files of src that are there", () => {
  const text = readFileSync(join(ROOT, "src/ARCHITECTURE.md"), "utf8");
  const rooms =
    "cli|config|demo|displays|exchange|governance|ir|observability|process|protocols|routing|server|std|upstream";
  const named = [...text.matchAll(new RegExp(`\`((?:${rooms})/[\\w./-]+\\.ts)\``, "g"))].flatMap(
    ([, path]) => path ?? [],
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(ROOT, "src", path)))).toEqual([]);
});
