// One `bun test`, bounded in time: what it came to by Bun's own report, and what it says where it dies without one.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Counts, countSummary, lineOf, type Report, readReport } from "./test-report.ts";

export interface TestRun {
  readonly counts: Counts;
  /** Why tests were skipped, and how many for each reason. */
  readonly reasons: ReadonlyMap<string, number>;
  /** The line of the final list of failures; null when nothing failed. */
  readonly why: string | null;
}

export interface TestInput {
  readonly name: string;
  readonly args: readonly string[];
  readonly minutesMax: number;
}

const root = dirname(import.meta.dir);
/** Per test; generous because a busy machine is no defect. A test that hangs still ends. */
const ONE_TEST_TIMEOUT_MS = 60_000;
/** Kept of the test runner's output to find its summary in: the last lines. */
const TAIL_CHARACTERS_MAX = 65_536;
const SLOWEST_SHOWN = 5;

/** Believes the report for what passed and the worst of three witnesses for what failed. */
export async function runTests({ name, args, minutesMax }: TestInput): Promise<TestRun> {
  const folder = await mkdtemp(join(tmpdir(), "ringmain-test-"));
  try {
    const reportPath = join(folder, "report.xml");
    const child = Bun.spawn(
      [
        ...[process.execPath, "--no-env-file", "test", "--no-orphans", `--timeout=${ONE_TEST_TIMEOUT_MS}`],
        ...["--only-failures", "--reporter=junit", `--reporter-outfile=${reportPath}`, ...args],
      ],
      {
        cwd: root,
        stdin: "ignore",
        stdout: "inherit",
        stderr: "pipe",
        timeout: minutesMax * 60_000,
        env: testEnvironment(),
      },
    );
    const [tail, code] = [await passThrough(child.stderr), await child.exited];
    const report = readReport((await readIfThere(reportPath)) ?? "");
    show(report);
    const exit =
      child.signalCode === null
        ? `ended with ${code}`
        : `stopped by ${child.signalCode}; it may take ${minutesMax} min`;
    return judge({ name, report, summary: countSummary(tail), exit: code === 0 ? null : exit });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function show({ folders, files }: Report): void {
  for (const { folder, ...counts } of folders) console.log(`   ${folder.padEnd(16)} ${lineOf(counts)}`);
  const slowest = files.slice(0, SLOWEST_SHOWN).map(({ file, seconds }) => `${file} ${seconds.toFixed(1)} s`);
  if (slowest.length > 0) console.log(`   slowest: ${slowest.join(", ")}`);
}

interface Seen {
  readonly name: string;
  readonly report: Report;
  readonly summary: { readonly failed: number; readonly errors: number };
  /** Null: the runner ended well. */
  readonly exit: string | null;
}

/** A file that does not load is in the summary and not in the report; a crash is in neither and shows in the exit. */
function judge({ name, report, summary, exit }: Seen): TestRun {
  const { reasons, total } = report;
  const { passed, skipped } = total;
  const known = Math.max(total.failed, summary.failed, summary.errors);
  if (passed + known === 0) {
    const why = `${name}: no test ran (bun test ${exit ?? "ended well"})`;
    return { counts: { passed: 0, failed: 1, skipped }, reasons, why };
  }
  const failed = exit === null ? known : Math.max(known, 1);
  const why = failed === 0 ? null : `${name}: ${failed} failed (bun test ${exit ?? "ended well"})`;
  return { counts: { passed, failed, skipped }, reasons, why };
}

/** Tests talk to this machine alone: a proxy in the environment must not see (or refuse) their requests. */
function testEnvironment(): Record<string, string | undefined> {
  const local = "127.0.0.1,localhost,::1";
  return { ...process.env, NO_PROXY: local, no_proxy: local };
}

/** Copies the stream to our own output and returns its last characters. */
async function passThrough(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let tail = "";
  for await (const bytes of stream) {
    await Bun.write(Bun.stderr, bytes);
    tail = (tail + decoder.decode(bytes, { stream: true })).slice(-TAIL_CHARACTERS_MAX);
  }
  return tail;
}

/** Null when there is no such file: bun writes no report when it finds no test, or when it dies. */
async function readIfThere(path: string): Promise<string | null> {
  return (await Bun.file(path).exists()) ? await readFile(path, "utf8") : null;
}
