// The parts of the process room that need no process: shares, merged figures, pauses, the guard, the log's way out.
import { expect, test } from "bun:test";
import { formatAddress, isLoopback, whyNotListening } from "../../src/process/address.ts";
import { createAsks } from "../../src/process/asks.ts";
import { restartDelayMs } from "../../src/process/backoff.ts";
import { environmentWarnings, refusedEnvironment, workerEnvironment } from "../../src/process/environment.ts";
import { createGuard, describeError } from "../../src/process/guard.ts";
import { mergeStats } from "../../src/process/merge-stats.ts";
import type { FromWorker } from "../../src/process/messages.ts";
import { BATCH_MS, BATCH_ROWS_MAX, createBatches } from "../../src/process/observed.ts";
import { createOutput } from "../../src/process/output.ts";
import { shareOf } from "../../src/process/shares.ts";
import { workerCommand } from "../../src/process/worker-process.ts";
import { createVirtualEffects, settle } from "../harness/virtual-effects.ts";
import { deploymentOf } from "./deployments.ts";

test.each([
  { slots: 10, of: 3, shares: [4, 3, 3] },
  { slots: 9, of: 3, shares: [3, 3, 3] },
  { slots: 2, of: 3, shares: [2, 1, 1] }, // at least one each: the documented excess
  { slots: 1, of: 1, shares: [1] },
])("$slots slots among $of workers are $shares", ({ slots, of, shares }) => {
  const deployment = deploymentOf({ slots: [slots], maxRequests: slots });
  const parts = shares.map((_, index) => shareOf(deployment, { index, of }));
  expect(parts.flatMap((part) => Object.values(part.lanes).map((lane) => lane.slots.max))).toEqual([...shares]);
  // Answers a lane may give in all are never given twice.
  const answers = parts.flatMap((part) => Object.values(part.lanes).map((lane) => lane.maxRequests ?? 0));
  expect(answers.reduce((sum, each) => sum + each, 0)).toBe(slots);
});

test("documents of several workers become one", () => {
  const document = (own: object) => ({
    pools: { fast: ["a", "b"] },
    version: "1",
    uptime_s: 10,
    lanes: [{ model: "a", inflight: 1, usable: false, dead: true, dead_reason: null, budget: 3, label: "healthy" }],
    ...own,
  });
  const merged = mergeStats([
    document({}),
    document({
      uptime_s: 4,
      lanes: [
        { model: "a", inflight: 2, usable: true, dead: false, dead_reason: "billing", budget: -1, label: "exhausted" },
      ],
    }),
  ]);
  expect(merged).toEqual({
    pools: { fast: ["a", "b"] },
    version: "1",
    uptime_s: 10,
    lanes: [
      {
        ...{ model: "a", inflight: 3, usable: true, dead: false, dead_reason: "billing" },
        ...{ budget: -1, label: "healthy, exhausted" },
      },
    ],
  });
  expect(mergeStats([document({})])).toEqual(document({}));
  // Each worker has heard of other limits, or of the same at another time.
  const quotas = (own: object) => ({ lanes: [{ quotas: own }] });
  expect(
    mergeStats([
      quotas({ req: { left_share: 0.5, resets_in_s: 3 } }),
      quotas({ req: { left_share: 0.25, resets_in_s: 9 }, tok: { left_share: 1, resets_in_s: 1 } }),
    ]),
  ).toEqual(quotas({ req: { left_share: 0.25, resets_in_s: 9 }, tok: { left_share: 1, resets_in_s: 1 } }));
});

test("pauses double up to a bound, and are never shorter than half", () => {
  const longest = [1, 2, 3, 10, 1_000].map((ends) => restartDelayMs(ends, () => 1));
  expect(longest).toEqual([50, 100, 200, 10_000, 10_000]);
  expect(restartDelayMs(1, () => 0)).toBe(25);
});

test("ten errors in a minute are survived, the eleventh is told once", () => {
  const time = createVirtualEffects();
  let errors = 0;
  let sick = 0;
  const guard = createGuard({ nowMs: time.nowMs, onError: () => errors++, onSick: () => sick++ });
  for (let count = 0; count < 10; count += 1) guard(new Error("one"));
  time.advance(60_000);
  for (let count = 0; count < 10; count += 1) guard(new Error("two"));
  expect(sick).toBe(0);
  for (let count = 0; count < 5; count += 1) guard(new Error("three"));
  expect([errors, sick]).toEqual([25, 1]);
});

test("an error is described by name and place, never by its message", () => {
  const described = describeError(Object.assign(new TypeError("key test-key-1"), { code: "ECONNRESET" }));
  expect(described).toStartWith("TypeError ECONNRESET at ");
  expect(described).not.toContain("test-key-1");
  expect(describeError("test-key-1")).toBe("string");
});

test("log lines leave in batches, one write at a time, and none is lost in between", async () => {
  const time = createVirtualEffects();
  const written: string[] = [];
  let release: () => void = () => undefined;
  const output = createOutput({
    setTimer: time.setTimer,
    writeText(text) {
      written.push(text);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
  });
  output.write("a\n");
  output.write("b\n");
  expect(written).toEqual([]);
  await time.run(50);
  expect(written).toEqual(["a\nb\n"]);
  output.write("c\n"); // while the first batch is being written
  await time.run(1_000);
  expect(written.length).toBe(1);
  release();
  await time.run(0);
  expect(written).toEqual(["a\nb\n", "c\n"]);
  release();
  await output.flushed();
  output.write("d\n");
  await time.run(50);
  expect(written.at(-1)).toBe("d\n");
});

test("a reader that is gone costs its lines, one that is stuck a bounded number of them", async () => {
  const time = createVirtualEffects();
  const gone = createOutput({ setTimer: time.setTimer, writeText: () => Promise.reject(new Error("EPIPE")) });
  gone.write("a\n");
  await gone.flushed();
  gone.write("b\n");
  await gone.flushed();

  const stuck = createOutput({ setTimer: time.setTimer, writeText: () => new Promise(() => undefined) });
  const line = "x".repeat(1024 * 1024);
  for (let count = 0; count < 4; count += 1) stuck.write(line);
  expect(() => stuck.write(line)).toThrow("too many");
});

test("rows are sent together, after a moment or when there are many", () => {
  const time = createVirtualEffects();
  const sent: FromWorker[] = [];
  const batches = createBatches({ send: (message) => sent.push(message), setTimer: time.setTimer });
  const transition = { ...{ wallMs: 0, target: null, lane: "l", from: "a", to: "b" }, because: "probe", forMs: null };
  for (let count = 0; count < 3; count += 1) batches.sink.transition(transition);
  time.advance(BATCH_MS - 1);
  expect(sent.length).toBe(0);
  time.advance(1);
  expect(sent.map((message) => (message.kind === "observed" ? message.transitions.length : 0))).toEqual([3]);
  for (let count = 0; count < BATCH_ROWS_MAX; count += 1) batches.sink.transition(transition);
  expect(sent.length).toBe(2);
  batches.flush();
  expect(sent.length).toBe(2);
  expect(time.timersPending()).toBe(0);
});

test("a question is answered when all have replied, when the rest is gone, or when the time is over", async () => {
  const time = createVirtualEffects();
  const asked: [string, number][] = [];
  const answers: number[] = [];
  const asks = createAsks<string>({ ask: (worker, id) => asked.push([worker, id]), setTimer: time.setTimer });
  const figures = { stats: {}, metrics: { counters: {}, gauges: {}, histograms: {} } };
  const start = async () => void answers.push((await asks.start(["a", "b"])).length);

  const first = start();
  asks.replied("a", 1, figures);
  asks.replied("a", 1, figures);
  await settle();
  expect(answers).toEqual([]);
  asks.replied("b", 1, figures);
  await first;
  expect(answers).toEqual([2]);

  const second = start();
  asks.replied("a", 2, figures);
  asks.gone("b");
  await second;
  expect(answers).toEqual([2, 1]);

  const third = start();
  time.advance(1_000);
  asks.replied("a", 3, figures);
  await third;
  expect(answers).toEqual([2, 1, 0]);
  expect(asked.length).toBe(6);
  expect(time.timersPending()).toBe(0);
});

test("the environment of workers lifts the runtime's cap and prints no traffic", () => {
  const env = workerEnvironment({ HOME: "/home/x", BUN_CONFIG_VERBOSE_FETCH: "1", BUN_CONFIG_MAX_HTTP_REQUESTS: "7" });
  expect(env).toEqual({ HOME: "/home/x", BUN_CONFIG_MAX_HTTP_REQUESTS: "16384" });
  expect(refusedEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: "1" })).toBeNull();
  expect(environmentWarnings({ BUN_OPTIONS: "--preload=x" }).length).toBe(1);
  expect(environmentWarnings({}).length).toBe(0);
});

test.each([
  ["/usr/bin/ringmain", "/$bunfs/root/ringmain", ["/usr/bin/ringmain", "worker"]],
  ["C:\\ringmain.exe", "B:\\~BUN\\root\\ringmain.exe", ["C:\\ringmain.exe", "worker"]],
  ["/usr/bin/bun", "/src/main.ts", ["/usr/bin/bun", "--no-env-file", "/src/main.ts", "worker"]],
])("a program %s with %s starts its workers as itself", (execPath, main, command) => {
  expect(workerCommand({ execPath, main })).toEqual(command);
});

test("addresses are written the way they are read", () => {
  expect(formatAddress("::1", 80)).toBe("[::1]:80");
  expect(["127.0.0.1", "127.1.2.3", "::1", "localhost"].map(isLoopback)).toEqual([true, true, true, true]);
  expect(["0.0.0.0", "::", "192.168.0.1", "example.invalid"].map(isLoopback)).toEqual([false, false, false, false]);
  expect(whyNotListening("a:1", "EWEIRD")).toContain("EWEIRD");
});
