// Tests of the toolchain's own pure parts: what the build reads from executables' headers, and what the test runner's
// report and summary come to. The recorded output is of Bun 1.4.5.
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeExecutable } from "../../scripts/executable-header.ts";
import { SUITES, type Suite } from "../../scripts/suites.ts";
import { countSummary, lineOf, readReport, reasonsLine } from "../../scripts/test-report.ts";

/** A header of `size` zero bytes with some of them set: [offset, bytes]. */
function header(parts: readonly (readonly [number, readonly number[] | string])[], size = 512): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const [offset, part] of parts)
    bytes.set(typeof part === "string" ? new TextEncoder().encode(part) : part, offset);
  return bytes;
}

const ELF = [0, [0x7f, 0x45, 0x4c, 0x46]] as const;
const MACH_O = [0, [0xcf, 0xfa, 0xed, 0xfe]] as const;

test.each([
  ["linux-x64", header([ELF, [18, [62, 0]], [300, "/lib64/ld-linux-x86-64.so.2"]])],
  ["linux-arm64-musl", header([ELF, [18, [183, 0]], [300, "/lib/ld-musl-aarch64.so.1"]])],
  ["linux-x64-static", header([ELF, [18, [62, 0]]])],
  ["darwin-x64", header([MACH_O, [4, [0x07, 0, 0, 0x01]]])],
  ["darwin-arm64", header([MACH_O, [4, [0x0c, 0, 0, 0x01]]])],
  [
    "windows-x64",
    header([
      [0, "MZ"],
      [0x3c, [0x80]],
      [0x80, "PE\0\0"],
      [0x84, [0x64, 0x86]],
    ]),
  ],
])("a header is recognised: %s", (wanted, bytes) => {
  expect(describeExecutable(bytes)).toBe(wanted);
});

test.each([
  ["an unknown processor", header([ELF, [18, [3, 0]]])],
  ["a script", header([[0, "#!/bin/sh\n"]])],
  [
    "a PE offset beyond the bytes",
    header([
      [0, "MZ"],
      [0x3c, [0xff, 0xff, 0xff, 0x7f]],
    ]),
  ],
  ["too few bytes", header([ELF], 4 + 16)],
])("a header is refused: %s", (_name, bytes) => {
  expect(describeExecutable(bytes)).toBeNull();
});

test("the host's own Bun is recognised", async () => {
  const bytes = await Bun.file(process.execPath).slice(0, 8192).bytes();
  expect(describeExecutable(bytes)).toStartWith(
    `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`,
  );
});

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="5" assertions="2" failures="1" skipped="2" time="0.03">
  <testsuite name="test/ir/a.test.ts" file="test/ir/a.test.ts" tests="4" assertions="2" failures="1" skipped="2" time="0">
    <testsuite name="group" file="test/ir/a.test.ts" line="2" tests="4" assertions="2" failures="1" skipped="2" time="0">
      <testcase name="a &gt; b" classname="group" time="0.000038" file="test/ir/a.test.ts" line="2" assertions="1" />
      <testcase name="bad" classname="group" time="0.000235" file="test/ir/a.test.ts" line="2" assertions="1">
        <failure type="AssertionError" message="x">AssertionError</failure>
      </testcase>
      <testcase name="s (skipped: no broker here)" classname="group" time="0" file="test/ir/a.test.ts" line="2" assertions="0">
        <skipped />
      </testcase>
      <testcase name="t" classname="group" time="0" file="test/ir/a.test.ts" line="2" assertions="0">
        <skipped message="TODO" />
      </testcase>
    </testsuite>
  </testsuite>
  <testsuite name="test/std/b.test.ts" file="test/std/b.test.ts" tests="1" failures="0" skipped="0" time="0">
    <testcase name="fine" classname="" time="0.5" file="test/std/b.test.ts" line="1" assertions="1" />
  </testsuite>
</testsuites>`;

test("the report is counted by test, in total and by folder", () => {
  expect(readReport(REPORT)).toEqual({
    total: { passed: 2, failed: 1, skipped: 2 },
    folders: [
      { folder: "ir", passed: 1, failed: 1, skipped: 2 },
      { folder: "std", passed: 1, failed: 0, skipped: 0 },
    ],
    files: [
      { file: "test/std/b.test.ts", seconds: 0.5 },
      { file: "test/ir/a.test.ts", seconds: expect.closeTo(0.000273) },
    ],
    reasons: new Map([
      ["no broker here", 1],
      ["no reason in test/ir/a.test.ts", 1],
    ]),
  });
  expect(readReport("").total).toEqual({ passed: 0, failed: 0, skipped: 0 });
});

test("a run ends with its counts, and with why tests were skipped", () => {
  expect(lineOf({ passed: 2, failed: 1, skipped: 3 })).toBe("2 passed, 1 failed, 3 skipped");
  const reasons = new Map([
    ["no broker", 2],
    ["no browser", 1],
  ]);
  expect(reasonsLine(reasons)).toBe(" (no broker: 2; no browser: 1)");
  expect(reasonsLine(new Map())).toBe("");
});

test("every suite runs tests that exist, and its bound leaves time for the others", async () => {
  const suites: readonly Suite[] = Object.values(SUITES);
  for (const { tests, args } of suites) {
    const paths = "paths" in tests ? [...tests.paths, ...args.filter((word) => word.startsWith("./"))] : args;
    for (const path of paths.filter((word) => word.includes("/")))
      expect([path, existsSync(join(import.meta.dir, "..", "..", path))]).toEqual([path, true]);
  }
  // Of the 25 minutes that .ci/run may take, ten are for `npm test` and what it installs.
  expect(suites.reduce((sum, { minutesMax }) => sum + minutesMax, 0)).toBeLessThanOrEqual(15);
});

test.each([
  [
    "a file that does not load",
    "\n 1 pass\n 1 skip\n 1 todo\n 2 fail\n 1 error\n 2 expect() calls\nRan 5 tests across 2 files. [30.00ms]\n",
    { failed: 2, errors: 1 },
  ],
  ["several errors", "\n 1 pass\n 0 fail\n 3 errors\nRan 1 test across 4 files. [3.00ms]\n", { failed: 0, errors: 3 }],
  [
    "colours",
    "\n\u001b[32m 1 pass\u001b[0m\n\u001b[31m 4 fail\u001b[0m\nRan 5 tests across 1 file. [3.00ms]\n",
    { failed: 4, errors: 0 },
  ],
  [
    "a log that looks like one, then the real one",
    " 7 fail\nRan 9 tests\n\n\n\n\n\n\n\n\n 9 pass\n 0 fail\nRan 9 tests across 1 file.\n",
    { failed: 0, errors: 0 },
  ],
  ["no summary", "Segmentation fault", { failed: 0, errors: 0 }],
])("the summary is read: %s", (_name, output, wanted) => {
  expect(countSummary(output)).toEqual(wanted);
});
