// Runs the checks in order and ends with one line, `N passed, N failed, N skipped`: types, lint, build and tests, or only the
// steps and suites named as arguments; --suites adds every suite. Types, lint and build count as one check each.
import { dirname } from "node:path";
import { runTests, type TestInput, type TestRun } from "./run-tests.ts";
import { SUITES, SUITES_FOLDER, type Suite, type SuiteId } from "./suites.ts";
import { type Counts, lineOf, reasonsLine } from "./test-report.ts";

/** What a step came to; `why` is the line of the final list of failures, null when nothing failed. */
type Result = TestRun;

interface Step {
  readonly title: string;
  readonly run: () => Promise<Result>;
}

const root = dirname(import.meta.dir);
const COMMAND_TIMEOUT_MS = 10 * 60_000;
/** Three minutes on two busy cores; the rest is for slower machines. */
const TESTS_MINUTES_MAX = 8;
const NOT_SUITES = `--path-ignore-patterns=${SUITES_FOLDER}/**`;

const FAST: TestInput = {
  name: "fast",
  args: [NOT_SUITES, "--path-ignore-patterns=test/e2e/**"],
  minutesMax: TESTS_MINUTES_MAX,
};
/** Runs beside the others: it waits for processes as long as those compute. */
const END_TO_END: TestInput = { name: "end-to-end", args: ["test/e2e"], minutesMax: TESTS_MINUTES_MAX };

const STEPS = {
  types: { title: "types", run: () => command("types", ["node_modules/typescript/bin/tsc", "-p", "."]) },
  lint: {
    title: "lint and format",
    run: () => command("lint", ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"]),
  },
  build: { title: "build dist/ringmain", run: () => command("build", ["scripts/build.ts"]) },
  fast: { title: "tests: structure, unit, golden, property", run: () => runTests(FAST) },
  tests: {
    title: "tests: structure, unit, golden, property, end-to-end",
    run: async () => together(await Promise.all([runTests(FAST), runTests(END_TO_END)])),
  },
} as const satisfies Record<string, Step>;

type StepId = keyof typeof STEPS;
const EVERYTHING: readonly StepId[] = ["types", "lint", "build", "tests"];
const isStepId = (word: string): word is StepId => Object.hasOwn(STEPS, word);
const isSuiteId = (word: string): word is SuiteId => Object.hasOwn(SUITES, word);
const SUITE_IDS = Object.keys(SUITES).filter(isSuiteId);

await main(process.argv.slice(2));

async function main(words: string[]): Promise<void> {
  const named = words.filter((word) => word !== "--suites");
  const unknown = named.filter((word) => !isStepId(word) && !isSuiteId(word));
  if (unknown.length > 0) {
    const known = [...Object.keys(STEPS), ...SUITE_IDS].join(", ");
    console.error(`Unknown: ${unknown.join(", ")}. Steps and suites: ${known}; none means ${EVERYTHING.join(", ")}.`);
    process.exitCode = 1;
    return;
  }
  const steps = named.length === 0 ? EVERYTHING : named.filter(isStepId);
  const suites = named.length < words.length ? SUITE_IDS : named.filter(isSuiteId);
  const chosen: (readonly [string, Step])[] = [
    ...steps.map((id) => [id, STEPS[id]] as const),
    ...suites.map((id) => [id, stepOf(id)] as const),
  ];
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  const failures: string[] = [];
  for (const [id, step] of chosen) {
    const { counts, reasons, why } = await timed(step);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    lines.push(`${id}: ${lineOf(counts)}${reasonsLine(reasons)}`);
    if (why !== null) failures.push(why);
  }
  console.log(`\n${lines.join("\n")}`);
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((reason) => `  ${reason}`).join("\n")}`);
  console.log(`\n${lineOf(total)}`);
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

function stepOf(name: SuiteId): Step {
  const suite: Suite = SUITES[name];
  return { title: `suite ${name}: ${suite.title}`, run: () => runSuite(name, suite) };
}

/** A suite whose program is missing is one skipped test: not passed, and not silent. */
async function runSuite(name: string, { tests, minutesMax, needs, args }: Suite): Promise<Result> {
  const missing = needs.find(({ programs }) => !programs.some((program) => Bun.which(program) !== null));
  if (missing !== undefined) {
    const counts = { passed: 0, failed: 0, skipped: 1 };
    return { counts, reasons: new Map([[missing.missing, 1]]), why: null };
  }
  const paths = [...tests.paths, ...(tests.filesWith === undefined ? [] : await testFilesWith(tests.filesWith))];
  return runTests({ name, args: [...args, ...paths], minutesMax });
}

async function testFilesWith(word: string): Promise<string[]> {
  const files = await Array.fromAsync(new Bun.Glob("test/**/*.test.ts").scan({ cwd: root }));
  const found: string[] = [];
  for (const file of files.toSorted()) {
    if (!file.startsWith(`${SUITES_FOLDER}/`) && (await Bun.file(`${root}/${file}`).text()).includes(word))
      found.push(file);
  }
  return found;
}

/** Several runs as one step. */
function together(runs: readonly TestRun[]): Result {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const reasons = new Map<string, number>();
  for (const run of runs) {
    counts.passed += run.counts.passed;
    counts.failed += run.counts.failed;
    counts.skipped += run.counts.skipped;
    for (const [reason, times] of run.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + times);
  }
  const whys = runs.flatMap(({ why }) => why ?? []);
  return { counts, reasons, why: whys.length === 0 ? null : whys.join("; ") };
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
  const reasons = new Map<string, number>();
  if (code === 0) return { counts: { passed: 1, failed: 0, skipped: 0 }, reasons, why: null };
  return {
    counts: { passed: 0, failed: 1, skipped: 0 },
    reasons,
    why: `${name}: ended with ${child.signalCode ?? code}`,
  };
}
