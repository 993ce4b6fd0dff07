/**
 * The compiled gateway as a user runs it: built when it is missing or older than its source, started in a folder of its
 * own on a free port, stopped by its process id. RINGMAIN_TEST_BINARY names one that was built elsewhere.
 */
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findInFolder, findSecret, secretsOf } from "./canaries.ts";

const ROOT = join(import.meta.dir, "..", "..");
const BINARY = join(ROOT, "dist", "ringmain");
/** A machine under load takes this long at most to build, to start, to stop. */
const BUILD_MS_MAX = 240_000;
const START_MS_MAX = 20_000;
const STOP_MS_MAX = 30_000;
/** Output kept of one process. */
const OUTPUT_CHARS_MAX = 4_000_000;

export interface Run {
  readonly pid: number;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when that text has appeared on either output; rejects when the process ends first, or too late. */
  wrote(text: string | RegExp): Promise<string>;
  readonly exited: Promise<number | string>;
  signal(signal: NodeJS.Signals): void;
}

export interface Gateway extends Run {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** SIGTERM, then SIGKILL where it does not end; the folder goes. Rejects where a secret is in what it wrote. */
  stop(): Promise<number | string>;
}

export interface GatewayInput {
  readonly config: string;
  readonly env?: Readonly<Record<string, string>>;
  /** More files of the folder it is started in, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Files cannot grow beyond so many blocks of 512 bytes: for it, a disk that is full. */
  readonly fileBlocksMax?: number;
}

let built: Promise<string> | null = null;

/** The path of a binary that is not older than its source; built once a test run. */
export function binary(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const given = process.env["RINGMAIN_TEST_BINARY"];
  if (given !== undefined && given !== "") return given;
  if ((await changedMs([BINARY])) >= (await changedMs(await sources()))) return BINARY;
  const run = Bun.spawn([process.execPath, join(ROOT, "scripts", "build.ts")], {
    cwd: ROOT,
    stdout: "ignore",
    stderr: "pipe",
  });
  const timer = setTimeout(() => run.kill(9), BUILD_MS_MAX);
  const said = await new Response(run.stderr).text();
  const code = await run.exited;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the build failed (${code}): ${said.slice(0, 2_000)}`);
  return BINARY;
}

async function sources(): Promise<string[]> {
  const names = await readdir(join(ROOT, "src"), { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const others = ["providers.yaml", "prices.tsv", "package.json", join("scripts", "build.ts")];
  return [...files, ...others.map((name) => join(ROOT, name))];
}

/** When the newest of them was changed; 0 when there is none. */
async function changedMs(paths: readonly string[]): Promise<number> {
  const times = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        (each) => each.mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}

/** A command to its end, in a folder of its own unless one is given. */
export async function runCommand(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly files?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly code: number | string; readonly stdout: string; readonly stderr: string }> {
  const folder = await makeFolder(options.files ?? {});
  const run = launch(await binary(), args, { folder, env: options.env ?? {} });
  const timer = setTimeout(() => run.signal("SIGKILL"), START_MS_MAX);
  const code = await run.exited;
  clearTimeout(timer);
  await rm(folder, { recursive: true, force: true });
  return { code, stdout: run.stdout(), stderr: run.stderr() };
}

export async function startGateway(input: GatewayInput): Promise<Gateway> {
  const folder = await makeFolder({ "config.yaml": input.config, ...input.files });
  const run = launch(await binary(), ["serve", "--config", join(folder, "config.yaml"), ...(input.args ?? [])], {
    folder,
    env: input.env ?? {},
    ...(input.fileBlocksMax === undefined ? {} : { fileBlocksMax: input.fileBlocksMax }),
  });
  let greeting: string;
  try {
    greeting = await run.wrote(/serves http:\/\/\S+:\d+/);
  } catch (error) {
    run.signal("SIGKILL");
    await run.exited;
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const url = greeting.slice(greeting.indexOf("http"));
  return {
    ...run,
    url,
    port: Number(new URL(url).port),
    folder,
    async stop() {
      run.signal("SIGTERM");
      const timer = setTimeout(() => run.signal("SIGKILL"), STOP_MS_MAX);
      const code = await run.exited;
      clearTimeout(timer);
      const seen = await secretSeen(run, folder, input);
      await rm(folder, { recursive: true, force: true });
      if (seen !== null) throw new Error(seen);
      return code;
    },
  };
}

/** Output and files of a gateway that has ended, searched for every secret it was given. */
async function secretSeen(run: Run, folder: string, input: GatewayInput): Promise<string | null> {
  const secrets = secretsOf(input.config, input.env ?? {});
  const written = new Set(["config.yaml", ...Object.keys(input.files ?? {})].map((name) => join(folder, name)));
  return (
    findSecret(secrets, "stdout", run.stdout()) ??
    findSecret(secrets, "stderr", run.stderr()) ??
    (await findInFolder(secrets, folder, written).catch(() => null))
  );
}

async function makeFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ringmain-e2e-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** Nothing of the test's own environment but what a program needs to start. */
function launch(
  path: string,
  args: readonly string[],
  options: { folder: string; env: Readonly<Record<string, string>>; fileBlocksMax?: number },
): Run {
  // The signal that comes with the limit is ignored, which a program started by the shell inherits.
  const limited =
    options.fileBlocksMax === undefined
      ? []
      : ["/bin/sh", "-c", `trap '' XFSZ; ulimit -f ${options.fileBlocksMax}; exec "$@"`, "sh"];
  const child = Bun.spawn([...limited, path, ...args], {
    cwd: options.folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: options.folder, ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const collect = async (stream: ReadableStream<Uint8Array>, name: "stdout" | "stderr"): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      output[name] = (output[name] + decoder.decode(bytes, { stream: true })).slice(-OUTPUT_CHARS_MAX);
      for (const look of waiting) look();
    }
  };
  const read = Promise.all([collect(child.stdout, "stdout"), collect(child.stderr, "stderr")]);
  // The outputs stay open as long as a worker lives: one that outlives its supervisor shows here as a test that hangs.
  const exited = child.exited.then(async (code) => {
    await read;
    return child.signalCode ?? code;
  });
  return {
    pid: child.pid,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    exited,
    signal: (signal) => child.kill(signal),
    wrote(text) {
      return new Promise((resolve, reject) => {
        const give = (found: string | null, why: string): void => {
          clearTimeout(timer);
          waiting.delete(look);
          if (found === null)
            reject(new Error(`${why} before ${text} was written:\n${output.stdout}\n${output.stderr}`));
          else resolve(found);
        };
        const look = (): void => {
          const all = `${output.stdout}\n${output.stderr}`;
          const found = typeof text === "string" ? (all.includes(text) ? text : null) : (text.exec(all)?.[0] ?? null);
          if (found !== null) give(found, "");
        };
        const timer = setTimeout(() => give(null, `${START_MS_MAX} ms passed`), START_MS_MAX);
        waiting.add(look);
        void exited.then((code) => give(null, `it ended (${code})`));
        look();
      });
    },
  };
}
