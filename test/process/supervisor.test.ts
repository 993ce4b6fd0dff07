// The supervisor over real child processes that only pretend to serve: what it starts, replaces, passes on and ends.
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Deployment } from "../../src/ir/deployment.ts";
import { realEffects } from "../../src/process/real-effects.ts";
import { type Listening, type Signal, supervise } from "../../src/process/supervisor.ts";
import { eventually } from "../server/raw-client.ts";
import { deploymentOf } from "./deployments.ts";

interface Run {
  /** What the operator was told: `level: line`. */
  readonly said: readonly string[];
  /** What the workers told. */
  readonly told: readonly string[];
  readonly listening: readonly Listening[];
  signal(signal: Signal): void;
  readonly exitCode: Promise<number>;
  /** Waits until a worker has told a line that fits, that many times. */
  until(fits: RegExp, times?: number): Promise<readonly string[]>;
}

/** Waits are shortened by this, so that no test waits for seconds. */
const HURRY = 40;

function start(options: {
  readonly mode?: string;
  readonly deployment?: Deployment | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly platform?: string;
}): Run {
  const said: string[] = [];
  const told: string[] = [];
  const listening: Listening[] = [];
  let onSignal: (signal: Signal) => void = () => undefined;
  const exitCode = supervise({
    load: async () => (options.deployment === undefined ? deploymentOf({ slots: [10] }) : options.deployment),
    command: [process.execPath, "--no-env-file", join(import.meta.dir, "stub-worker.ts")],
    env: { ...process.env, ...options.env, STUB_MODE: options.mode ?? "serves" },
    sinks: () => [{ name: "test", record: (record) => void told.push(record.id), transition: () => undefined }],
    onListening: (each) => listening.push(each),
    say: (level, line) => said.push(`${level}: ${line}`),
    listenToSignals(listener) {
      onSignal = listener;
      return () => undefined;
    },
    platform: options.platform ?? "linux",
    cores: 2,
    openLedger: async () => null,
    effects: {
      ...realEffects("own"),
      random: () => 0,
      setTimer(ms, fire) {
        const timer = setTimeout(fire, ms / HURRY);
        return () => clearTimeout(timer);
      },
    },
  });
  return {
    said,
    told,
    listening,
    exitCode,
    signal: (signal) => onSignal(signal),
    async until(fits, times = 1) {
      await eventually(() => told.filter((line) => fits.test(line)).length >= times);
      return told.filter((line) => fits.test(line));
    },
  };
}

const pidOf = (line: string | undefined): number => Number(/deployed (\d+)/.exec(line ?? "")?.[1]);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a worker is given its deployment and the environment the runtime needs", async () => {
  const run = start({ env: { BUN_CONFIG_VERBOSE_FETCH: "curl" } });
  await run.until(/^deployed/);
  await eventually(() => run.listening.length === 1);
  expect(await run.until(/^fetches/)).toEqual(["fetches=16384 verbose=undefined"]);
  expect(run.listening.map(({ url }) => url)).toEqual(["http://127.0.0.1:40000"]);
  run.signal("SIGTERM");
  expect(await run.exitCode).toBe(0);
});

test("SIGTERM drains with a delay, and SIGINT without one", async () => {
  for (const [signal, line] of [
    ["SIGTERM", "drain delay=5000 grace=2000"],
    ["SIGINT", "drain delay=0 grace=2000"],
  ] as const) {
    const run = start({});
    await eventually(() => run.listening.length === 1);
    run.signal(signal);
    expect(await run.exitCode).toBe(0);
    expect(run.told).toContain(line);
  }
});

test("a worker that is killed is replaced, on the same port", async () => {
  const run = start({});
  await eventually(() => run.listening.length === 1);
  const [first] = await run.until(/^deployed/);
  process.kill(pidOf(first), "SIGKILL");
  const [, second] = await run.until(/^deployed/, 2);
  expect(second).toContain("port=40000");
  expect(pidOf(second)).not.toBe(pidOf(first));
  expect(run.said.filter((line) => line.includes("signal SIGKILL")).length).toBe(1);
  expect(run.listening.length).toBe(1);
  run.signal("SIGTERM");
  expect(await run.exitCode).toBe(0);
  expect(isAlive(pidOf(second))).toBe(false);
});

test("workers that cannot start end the run, and it says so", async () => {
  const run = start({ mode: "dies" });
  expect(await run.exitCode).toBe(1);
  expect(run.said.filter((line) => line.startsWith("error:"))).toEqual([
    "error: A worker ended before it could serve (exit code 7), 3 times in a row. What it wrote above says why.",
  ]);
});

test("an address in use ends the run with the address and what to do", async () => {
  const run = start({ mode: "taken", deployment: deploymentOf({ slots: [1], port: 40_001 }) });
  expect(await run.exitCode).toBe(1);
  expect(run.said.length).toBe(1);
  expect(run.said[0]).toContain("127.0.0.1:40001 is in use");
  expect(run.said[0]).toContain("--listen");
});

test("several workers need an address nobody has, looked at before they share it", async () => {
  const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const run = start({ deployment: deploymentOf({ slots: [1], workers: 2, port: taken.port }) });
  expect(await run.exitCode).toBe(1);
  expect(run.said[0]).toContain(`127.0.0.1:${taken.port} is in use`);
  expect(run.told).toEqual([]);
  taken.stop(true);
});

test("several workers are refused where they cannot share an address", async () => {
  const run = start({ deployment: deploymentOf({ slots: [1], workers: 2 }), platform: "darwin" });
  expect(await run.exitCode).toBe(1);
  expect(run.said[0]).toContain("needs Linux");
});

test("several workers divide the slots, share a port and are told of each other's figures", async () => {
  const run = start({ mode: "asks", deployment: deploymentOf({ slots: [10, 1], workers: 3 }) });
  await eventually(() => run.listening.length === 1);
  const deployed = await run.until(/^deployed/, 3);
  expect(deployed.map((line) => /slots=(.*)$/.exec(line)?.[1]).toSorted()).toEqual(["3,1", "3,1", "4,1"]);
  const ports = new Set(deployed.map((line) => /port=(\d+)/.exec(line)?.[1]));
  expect(ports.size).toBe(1);
  expect(ports.has("0")).toBe(false);
  // The last one that asks knows of all three.
  await run.until(/^told id=5 figures=3/);
  run.signal("SIGTERM");
  expect(await run.exitCode).toBe(0);
});

test("SIGHUP changes nothing and says so", async () => {
  const run = start({});
  await eventually(() => run.listening.length === 1);
  run.signal("SIGHUP");
  expect(run.said).toEqual([
    "info: SIGHUP is reserved for reloading the configuration, which this version cannot do; nothing changed.",
  ]);
  run.signal("SIGTERM");
  expect(await run.exitCode).toBe(0);
  expect((await run.until(/^deployed/)).length).toBe(1);
});

test("a second signal does not wait for the drain", async () => {
  const run = start({ mode: "hangs" });
  await eventually(() => run.listening.length === 1);
  run.signal("SIGTERM");
  await run.until(/^drain/);
  run.signal("SIGTERM");
  expect(await run.exitCode).toBe(0);
  expect(run.told).toContain("stop");
});

test.each([1, 2])("a worker that does not end by itself is killed, after %d signals", async (signals) => {
  const run = start({ mode: "stubborn" });
  const [deployed] = await run.until(/^deployed/);
  await eventually(() => run.listening.length === 1);
  for (let sent = 0; sent < signals; sent += 1) run.signal("SIGTERM");
  expect(await run.exitCode).toBe(0);
  expect(isAlive(pidOf(deployed))).toBe(false);
});

test("a worker that retires is replaced while it still lives, and ends with the rest", async () => {
  const run = start({ mode: "retires" });
  const deployed = await run.until(/^deployed/, 2);
  expect(isAlive(pidOf(deployed[0]))).toBe(true);
  run.signal("SIGTERM");
  run.signal("SIGTERM");
  expect(await run.exitCode).toBe(0);
  expect(isAlive(pidOf(deployed[0]))).toBe(false);
});

test("without a deployment nothing is left running", async () => {
  const run = start({ deployment: null });
  expect(await run.exitCode).toBe(1);
  expect(run.told).toEqual([]);
});

test("an environment that switches off certificates is refused before anything starts", async () => {
  const run = start({ env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
  expect(await run.exitCode).toBe(1);
  expect(run.said.length).toBe(1);
  expect(run.said[0]).toContain("NODE_TLS_REJECT_UNAUTHORIZED");
  expect(run.told).toEqual([]);
});
