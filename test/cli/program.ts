/** Ringmain as a program of its own, run from source: what it prints is kept, and it never outlives the test. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");
/** A loaded machine starts slowly; a wait that ends here fails the test. */
const WAIT_MS = 20_000;

export interface Program extends AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<number>;
  out(): string;
  err(): string;
  /** Resolves with what the pattern found in what was printed so far, on either stream. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
}

export function runProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = Bun.spawn([process.execPath, "--no-env-file", MAIN, ...args], {
    // Nothing of the machine the test runs on: no configuration of its own, no keys.
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  const texts = { out: "", err: "" };
  let looks: (() => void)[] = [];
  const gather = async (stream: ReadableStream<Uint8Array>, name: keyof typeof texts): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      texts[name] += decoder.decode(bytes, { stream: true });
      for (const look of looks) look();
    }
  };
  const gathered = Promise.all([gather(child.stdout, "out"), gather(child.stderr, "err")]);
  const exited = Promise.all([child.exited, gathered]).then(([code]) => code);
  return {
    pid: child.pid,
    exited,
    out: () => texts.out,
    err: () => texts.err,
    kill: (signal) => child.kill(signal),
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) => reject(new Error(`${why}; printed ${texts.out}${texts.err}`));
        const timer = setTimeout(() => fail(`${pattern} was not printed in time`), WAIT_MS);
        const look = (): void => {
          const found = pattern.exec(texts.out) ?? pattern.exec(texts.err);
          if (found === null) return;
          clearTimeout(timer);
          looks = looks.filter((each) => each !== look);
          resolve(found);
        };
        looks.push(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
  write(name: string, text: string): Promise<string>;
}

export async function newFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "ringmain-test-"));
  return {
    path,
    async write(name, text) {
      const file = join(path, name);
      await writeFile(file, text);
      return file;
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** One pool `fast` over one model at `upstreamUrl`. */
export function configFor(upstreamUrl: string, listen: string): string {
  return `
listen: "${listen}"
drain_secs: 5
providers:
  local: { protocol: openai, base_url: "${upstreamUrl}", allow_private: true, api_key_env: LOCAL_KEY }
models:
  gpt: { provider: local, upstream_model: gpt-x, max_concurrent: 10 }
pools:
  fast: { members: [ { target: gpt, weight: 1 } ] }
`;
}
