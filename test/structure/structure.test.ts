// Holds the source to the structure rules: every file under src, the map in ARCHITECTURE.md, and the words of every
// published text. The rules themselves are tested in rules.test.ts.
import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  findBreaches,
  findUnusedArrows,
  ROOMS,
  readRooms,
  renderPhases,
  renderRooms,
  staleMemberLists,
} from "./rules.ts";
import { readFacts, type SourceFacts } from "./syntax.ts";
import { findForbiddenWords, isWritten } from "./texts.ts";

const root = join(import.meta.dir, "..", "..");
const ARCHITECTURE_LINES_MAX = 300;

/** Every file under src. */
async function readSource(): Promise<SourceFacts[]> {
  const names = await readdir(join(root, "src"), { recursive: true });
  // A declaration describes files to the compiler; it is no code.
  const paths = names.map((name) => name.replaceAll("\\", "/")).filter((name) => /(?<!\.d)\.ts$/.test(name));
  const files = new Map<string, string>();
  for (const path of paths.toSorted()) files.set(path, await Bun.file(join(root, "src", path)).text());
  expect(files.has("main.ts")).toBe(true);

  return readFacts(files);
}

// Parsed once, before the first test: on a busy machine it takes longer than a test may.
const source = await readSource();

test("every arrow of the import table is used", () => {
  expect(findUnusedArrows(source)).toEqual([]);
});

test("no file under src breaks a structure rule", () => {
  const breaches = findBreaches(source);
  expect(breaches.map(({ rule, file, line, message }) => `${file}:${line} ${rule}: ${message}`)).toEqual([]);
  expect(staleMemberLists(source)).toEqual([]);
});

test("ARCHITECTURE.md is short and shows the import table the rules use", async () => {
  const markdown = await Bun.file(join(root, "src", "ARCHITECTURE.md")).text();
  expect(markdown.split("\n").length).toBeLessThan(ARCHITECTURE_LINES_MAX);
  // What a newcomer reads first; a merge has lost it once.
  for (const heading of ["The floors", "The words"]) expect(markdown).toContain(`\n## ${heading}\n`);
  const wanted = new Map(Object.entries(ROOMS).map(([room, allowed]) => [room, [...allowed].sort()]));
  // When this fails, the table to paste is printed by: bun -e 'console.log((await import("./test/structure/rules.ts")).renderRooms())'
  expect(readRooms(markdown)).toEqual(wanted);
  expect(markdown.replaceAll(/\s+/g, " ")).toContain(renderPhases());
});

test("the rendered table reads back as the table", () => {
  const wanted = new Map(Object.entries(ROOMS).map(([room, allowed]) => [room, [...allowed].sort()]));
  expect(readRooms(`## Who may import whom\n\n${renderRooms()}\n\n## Next\n\n| a | b |\n`)).toEqual(wanted);
});

test("no published text names the machine it was written on, a registry host or an unfinished mark", async () => {
  const paths = (await publishedPaths()).filter(isWritten);
  expect(paths).toContain("package.json");
  const found: string[] = [];
  for (const path of paths) {
    const text = await Bun.file(join(root, path)).text();
    for (const { line, word } of findForbiddenWords(text)) found.push(`${path}:${line} ${word}`);
  }
  expect(found).toEqual([]);
});

/** What git tracks or would track; in a source archive without git, everything but installed and built files. */
async function publishedPaths(): Promise<string[]> {
  const listed = Bun.spawnSync(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: root });
  if (listed.success) {
    const paths = listed.stdout.toString().split("\0");
    const there = await Promise.all(paths.map((path) => Bun.file(join(root, path)).exists())); // not one deleted and unstaged
    return paths.filter((path, index) => path !== "" && there[index] === true);
  }
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll("\\", "/"),
    )
    .filter((path) => !/^(node_modules|dist|coverage|\.git|\.ringmain)\//.test(path));
}
