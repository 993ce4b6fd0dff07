// Compiles the gateway into one executable: dist/ringmain for this machine, or with --all one file per platform plus
// SHA256SUMS. Options: --all, --entry <file> (default src/main.ts), --out <folder> (default dist).
import { createHash } from "node:crypto";
import { mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { describeExecutable, headerBytes } from "./executable-header.ts";
import { fetchRuntime } from "./runtimes.ts";

/** One line of the table of outputs. */
interface Built {
  file: string;
  bytes: number;
  sha256: string;
  header: string;
  bytecode: boolean;
}

/** A platform to build for. `runtime` is the package that carries Bun for it. */
interface Target {
  name: string;
  bunTarget: string;
  runtime: string;
  header: string;
  suffix: "" | ".exe";
}

const root = dirname(import.meta.dir);
const COMPILE_TIMEOUT_MS = 5 * 60_000;
const GIT_TIMEOUT_MS = 30_000;

/**
 * No .env, bunfig.toml, tsconfig.json or package.json of the folder the gateway is started in may change it: the owner
 * of that folder would run code in it. Turning text into code is switched off too (zod falls back to its interpreter).
 */
const COMPILE_FLAGS = [
  "--compile",
  "--format=esm",
  "--minify",
  // Otherwise every lazily imported part is loaded by every command: 16 ms of a start.
  "--splitting",
  "--reject-unresolved",
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
  "--no-compile-autoload-tsconfig",
  "--no-compile-autoload-package-json",
  "--compile-exec-argv=--disallow-code-generation-from-strings=strict",
];

const TARGETS: readonly Target[] = [
  { name: "linux-x64", bunTarget: "bun-linux-x64", runtime: "@oven/bun-linux-x64", header: "linux-x64", suffix: "" },
  {
    name: "linux-arm64",
    bunTarget: "bun-linux-arm64",
    runtime: "@oven/bun-linux-aarch64",
    header: "linux-arm64",
    suffix: "",
  },
  {
    name: "linux-x64-musl",
    bunTarget: "bun-linux-x64-musl",
    runtime: "@oven/bun-linux-x64-musl",
    header: "linux-x64-musl",
    suffix: "",
  },
  {
    name: "linux-arm64-musl",
    bunTarget: "bun-linux-arm64-musl",
    runtime: "@oven/bun-linux-aarch64-musl",
    header: "linux-arm64-musl",
    suffix: "",
  },
  {
    name: "darwin-x64",
    bunTarget: "bun-darwin-x64",
    runtime: "@oven/bun-darwin-x64",
    header: "darwin-x64",
    suffix: "",
  },
  {
    name: "darwin-arm64",
    bunTarget: "bun-darwin-arm64",
    runtime: "@oven/bun-darwin-aarch64",
    header: "darwin-arm64",
    suffix: "",
  },
  {
    name: "windows-x64",
    bunTarget: "bun-windows-x64",
    runtime: "@oven/bun-windows-x64",
    header: "windows-x64",
    suffix: ".exe",
  },
];

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { all: { type: "boolean" }, entry: { type: "string" }, out: { type: "string" } },
  });
  const entry = resolve(values.entry ?? join(root, "src", "main.ts"));
  const out = resolve(values.out ?? join(root, "dist"));
  await mkdir(out, { recursive: true });
  const defines = await versionDefines();
  const built =
    values.all === true ? await buildAll({ entry, out, defines }) : [await buildHost({ entry, out, defines })];
  printTable(built);
}

async function buildHost(options: { entry: string; out: string; defines: string[] }): Promise<Built> {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const path = join(options.out, `ringmain${suffix}`);
  const { header } = await describeFile(process.execPath); // the Bun that runs this script becomes the runtime
  await compile({ ...options, path, header, extra: ["--bytecode"] });
  return describe(path, { bytecode: true });
}

async function buildAll(options: { entry: string; out: string; defines: string[] }): Promise<Built[]> {
  const host = (await describeFile(process.execPath)).header;
  const built: Built[] = [];
  for (const target of TARGETS) {
    const path = join(options.out, `ringmain-${target.name}${target.suffix}`);
    // Bytecode belongs to one build of the engine: code cached here for another processor or C library crashed there
    // (github.com/oven-sh/bun/issues/24144), so foreign targets parse their source at start.
    const bytecode = target.header === host;
    const runtime = bytecode
      ? process.execPath
      : await fetchRuntime({ root, runtime: target.runtime, version: Bun.version });
    const extra = [
      `--target=${target.bunTarget}`,
      `--compile-executable-path=${runtime}`,
      ...(bytecode ? ["--bytecode"] : []),
    ];
    await compile({ ...options, path, header: target.header, extra });
    built.push(await describe(path, { bytecode }));
  }
  const sums = built.map((row) => `${row.sha256}  ${row.file}\n`).join("");
  await Bun.write(join(options.out, "SHA256SUMS"), sums);
  return built;
}

/** Builds beside the destination and moves it there: a running gateway keeps its file, a failed build leaves none. */
async function compile(options: {
  entry: string;
  out: string;
  defines: string[];
  path: string;
  header: string; // what the result's header must say
  extra: string[];
}): Promise<void> {
  await rm(options.path, { force: true });
  const draft = join(options.out, `.building-${process.pid}${options.path.endsWith(".exe") ? ".exe" : ""}`);
  try {
    const command = [
      "build",
      ...COMPILE_FLAGS,
      ...options.extra,
      ...options.defines,
      `--outfile=${draft}`,
      options.entry,
    ];
    await run([process.execPath, ...command], COMPILE_TIMEOUT_MS);
    const { header } = await describeFile(draft);
    if (header !== options.header)
      throw new Error(`${options.path} should be ${options.header}, its header says ${header}.`);
    await rename(draft, options.path);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Flags that put version and commit where src/build-info.ts reads them. */
async function versionDefines(): Promise<string[]> {
  const manifest: unknown = await Bun.file(join(root, "package.json")).json();
  const version = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : null;
  if (typeof version !== "string") throw new Error("package.json has no version.");
  const commit = await describeCommit();
  return [
    "--define",
    `RINGMAIN_VERSION=${JSON.stringify(version)}`,
    "--define",
    `RINGMAIN_COMMIT=${JSON.stringify(commit)}`,
  ];
}

/** Short hash, `+dirty` when anything (new files included) differs from it, `unknown` without git or outside a checkout of our own. */
async function describeCommit(): Promise<string> {
  const top = await git(["rev-parse", "--show-toplevel"]);
  // A source archive unpacked inside another checkout must not carry that checkout's hash.
  if (top === null || (await realpath(top)) !== (await realpath(root))) return "unknown";
  const [hash, changes] = [await git(["rev-parse", "--short=12", "HEAD"]), await git(["status", "--porcelain"])];
  if (hash === null || changes === null) return "unknown";
  return changes === "" ? hash : `${hash}+dirty`;
}

/** Trimmed output, or null when git is missing or refuses. */
async function git(args: string[]): Promise<string | null> {
  if (Bun.which("git") === null) return null;
  const child = Bun.spawn(["git", ...args], {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    timeout: GIT_TIMEOUT_MS,
  });
  const [text, code] = [await new Response(child.stdout).text(), await child.exited];
  return code === 0 ? text.trim() : null;
}

/** Quiet unless it fails; then everything the command said is in the error. */
async function run(command: string[], timeoutMs: number): Promise<void> {
  const child = Bun.spawn(command, { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: timeoutMs });
  const [said, complained] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const code = await child.exited;
  if (code !== 0) throw new Error(`${command.join(" ")}\nended with ${code}:\n${said}${complained}`);
}

async function describeFile(path: string): Promise<{ header: string }> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(headerBytes), 0, headerBytes, 0);
    return { header: describeExecutable(buffer.subarray(0, bytesRead)) ?? "no known executable format" };
  } finally {
    await file.close();
  }
}

async function describe(path: string, options: { bytecode: boolean }): Promise<Built> {
  const bytes = await Bun.file(path).bytes();
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { header } = await describeFile(path);
  return {
    file: path.slice(dirname(path).length + 1),
    bytes: bytes.length,
    sha256,
    header,
    bytecode: options.bytecode,
  };
}

function printTable(rows: readonly Built[]): void {
  const width = Math.max(...rows.map((row) => row.file.length));
  console.log(`${"file".padEnd(width)}  ${"MB".padStart(6)}  ${"header".padEnd(16)}  bytecode  sha256`);
  for (const row of rows) {
    const megabytes = (row.bytes / 1_000_000).toFixed(1).padStart(6);
    const bytecode = (row.bytecode ? "yes" : "no").padEnd(8);
    console.log(`${row.file.padEnd(width)}  ${megabytes}  ${row.header.padEnd(16)}  ${bytecode}  ${row.sha256}`);
  }
}
