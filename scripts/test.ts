// Runs the checks in order and ends with one line, `N passed, N failed`: types, lint, build and tests, or only the steps
// named as arguments. Types, lint and build count as one check each; the tests are counted from Bun's own report.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Counts, countSummary, readReport } from "./test-report.ts";

/** What a step came to; `why` is the line of the final list of failures, null when nothing failed. */
interface Result {
  counts: Counts;
  why: string | null;
}

interface Step {
  title: string;
  run: () => Promise<Result>;
}

const root = dirname(import.meta.dir);
const COMMAND_TIMEOUT_MS = 10 * 60_000;
const TESTS_TIMEOUT_MS = 30 * 60_000;
/** Per test; generous because a busy machine is no defect. A test that hangs still ends. */
const ONE_TEST_TIMEOUT_MS = 60_000;
/** Kept of the test runner's output to find its summary in: the last lines. */
const TAIL_CHARACTERS_MAX = 65_536;

const STEPS = {
  types: { title: "types", run: () => command("types", ["node_modules/typescript/bin/tsc", "-p", "."]) },
  lint: {
    title: "lint and format",
    run: () => command("lint", ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"]),
  },
  build: { title: "build dist/ringmain", run: () => command("build", ["scripts/build.ts"]) },
  fast: {
    title: "tests: structure, unit, golden, property",
    run: () => tests(["--path-ignore-patterns=e2e/**", "--path-ignore-patterns=test/e2e/**"]),
  },
  all: { title: "tests: structure, unit, golden, property, end-to-end", run: () => tests([]) },
} as const satisfies Record<string, Step>;

type StepId = keyof typeof STEPS;
const EVERYTHING: readonly StepId[] = ["types", "lint", "build", "all"];
const isStepId = (word: string): word is StepId => Object.hasOwn(STEPS, word);

await main(process.argv.slice(2));

async function main(words: string[]): Promise<void> {
  const unknown = words.filter((word) => !isStepId(word));
  if (unknown.length > 0) {
    console.error(
      `Unknown step: ${unknown.join(", ")}. Steps: ${Object.keys(STEPS).join(", ")}; none means everything.`,
    );
    process.exitCode = 1;
    return;
  }
  const chosen = words.length === 0 ? EVERYTHING : words.filter(isStepId);
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const reasons: string[] = [];
  for (const id of chosen) {
    const { counts, why } = await timed(STEPS[id]);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    if (why !== null) reasons.push(why);
  }
  if (reasons.length > 0) console.log(`\nFailed:\n${reasons.map((reason) => `  ${reason}`).join("\n")}`);
  console.log("");
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

async function timed(step: Step): Promise<Result> {
  console.log(`\n== ${step.title}`);
  const startedMs = performance.now();
  const result = await step.run();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`== ${step.title}: ${result.why === null ? "ok" : "FAILED"} (${seconds} s)`);
  return result;
}

/** A step that either works or does not; its output goes straight through. */
async function command(name: string, args: string[]): Promise<Result> {
  const child = Bun.spawn([process.execPath, "--no-env-file", ...args], {
    cwd: root,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
    timeout: COMMAND_TIMEOUT_MS,
  });
  const code = await child.exited;
  if (code === 0) return { counts: { passed: 1, failed: 0, skipped: 0 }, why: null };
  return { counts: { passed: 0, failed: 1, skipped: 0 }, why: `${name}: ended with ${child.signalCode ?? code}` };
}

/** One `bun test` over test/. Believes the report for what passed and the worst of three witnesses for what failed. */
async function tests(args: string[]): Promise<Result> {
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
        timeout: TESTS_TIMEOUT_MS,
        env: testEnvironment(),
      },
    );
    const [tail, code] = [await passThrough(child.stderr), await child.exited];
    const report = readReport((await readIfThere(reportPath)) ?? "");
    for (const row of report.folders) {
      const skipped = row.skipped > 0 ? `, ${row.skipped} skipped` : "";
      console.log(`   ${row.folder.padEnd(16)} ${row.passed} passed, ${row.failed} failed${skipped}`);
    }
    return judge({ report: report.total, summary: countSummary(tail), exit: child.signalCode ?? code });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A file that does not load is in the summary and not in the report; a crash is in neither and shows in the exit. */
function judge(seen: { report: Counts; summary: { failed: number; errors: number }; exit: number | string }): Result {
  const { passed, skipped } = seen.report;
  const known = Math.max(seen.report.failed, seen.summary.failed, seen.summary.errors);
  if (passed + known === 0) {
    return { counts: { passed: 0, failed: 1, skipped }, why: `tests: none ran (bun test ended with ${seen.exit})` };
  }
  const failed = seen.exit === 0 ? known : Math.max(known, 1);
  if (failed === 0) return { counts: { passed, failed, skipped }, why: null };
  return { counts: { passed, failed, skipped }, why: `tests: ${failed} failed (bun test ended with ${seen.exit})` };
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
