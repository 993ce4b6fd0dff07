// Holds package.json, its lock file and the README to each other: exact versions, no download addresses, a lock that
// `npm ci` accepts on every platform, and no command in the README that does not exist.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { z } from "zod";

const root = join(import.meta.dir, "..", "..");
const versions = z.record(z.string(), z.string());
const manifestSchema = z.object({
  version: z.string(),
  engines: z.object({ node: z.string() }),
  scripts: versions,
  dependencies: versions,
  devDependencies: versions,
});
const lockSchema = z.object({
  version: z.string(),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      optionalDependencies: versions.optional(),
      dependencies: versions.optional(),
    }),
  ),
});

const manifest = manifestSchema.parse(await Bun.file(join(root, "package.json")).json());
const lockText = await Bun.file(join(root, "package-lock.json")).text();
const lock = lockSchema.parse(JSON.parse(lockText));
const pinned = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });

test("package.json pins exact versions, and the lock has the same", () => {
  expect(pinned.length).toBeGreaterThan(0);
  expect(pinned.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  expect(pinned.filter(([name, version]) => lock.packages[`node_modules/${name}`]?.version !== version)).toEqual([]);
  expect(lock.version).toBe(manifest.version);
});

test("the lock holds no download address", () => {
  expect(lockText).not.toContain('"resolved"');
  expect(lockText).not.toMatch(/"[^"]+\.tgz"/);
});

test("the lock has an entry for every package it names, so that npm ci accepts it on every platform", () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter(
        (name) =>
          lock.packages[`node_modules/${name}`] === undefined &&
          lock.packages[`${path}/node_modules/${name}`] === undefined,
      )
      .map((name) => `${path} → ${name}`),
  );
  expect(missing).toEqual([]);
});

test("every script starts with the launcher, which installs what is missing, and runs a file that exists", async () => {
  const commands = Object.values(manifest.scripts).flatMap((script) => script.split(" && "));
  expect(commands.filter((command) => !command.startsWith("node scripts/launch.mjs "))).toEqual([]);
  const files = [...new Set(commands.map((command) => command.split(" ")[2] ?? ""))];
  // `scripts/bench` is a folder with an index, or a file without its ending, as Bun resolves it.
  const resolved = files.map((file) => ({ file, found: isFound(file) }));
  expect(resolved.filter(({ found }) => !found)).toEqual([]);
});

test("every npm command in the README and the documents exists", async () => {
  const documents = await Array.fromAsync(new Bun.Glob("{docs,src}/**/*.md").scan({ cwd: root }));
  const pages = ["README.md", ...documents.toSorted()];
  const unknown: string[] = [];
  let seen = 0;
  for (const page of pages) {
    for (const [, name] of (await Bun.file(join(root, page)).text()).matchAll(COMMANDS)) {
      seen += 1;
      if (name === undefined || !Object.hasOwn(manifest.scripts, name)) unknown.push(`${page}: ${name}`);
    }
  }
  expect(seen).toBeGreaterThan(0);
  expect(unknown).toEqual([]);
});

/** True when Bun finds this path from the root as it would run it. */
function isFound(file: string): boolean {
  try {
    return Bun.resolveSync(`./${file}`, root) !== "";
  } catch {
    return false;
  }
}

/** `npm start`, `npm test`, `npm run x`, `bun run x`. Other npm verbs (ci, install, pack) are npm's own. */
const COMMANDS = /\b(?:(?:npm|bun) run |npm (?=(?:start|test)\b))([\w:-]+)/g;
