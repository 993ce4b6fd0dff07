// The supervisor over workers that only pretend to serve, under virtual time: what it starts, replaces, passes on and ends.
import { describe, expect, test } from "bun:test";
import type { Deployment } from "../../src/ir/deployment.ts";
import { type Listening, type Signal, supervise } from "../../src/process/supervisor.ts";
import { createVirtualEffects, type VirtualEffects } from "../harness/virtual-effects.ts";
import { record } from "../observability/samples.ts";
import { deploymentOf } from "./deployments.ts";
import { createStubWorkers, type Stub, type StubMode } from "./stub-workers.ts";

interface Run {
  readonly time: VirtualEffects;
  /** What the operator was told: `level: line`. */
  readonly said: readonly string[];
  /** Ids of the records that reached the supervisor's folds. */
  readonly records: readonly string[];
  readonly workers: readonly Stub[];
  readonly listening: readonly Listening[];
  signal(signal: Signal): void;
  /** null: it runs. */
  exitCode(): number | null;
}

/** Everything that needs no time has happened afterwards. */
async function start(options: {
  readonly mode?: StubMode;
  readonly deployment?: Deployment | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly platform?: string;
  /** False: no fold of the test's looks at records. */
  readonly observed?: boolean;
  /** What the services wait for before they go on with a deployment. */
  readonly beforeSinks?: (deployment: Deployment) => Promise<void>;
}): Promise<Run> {
  const time = createVirtualEffects();
  const said: string[] = [];
  const records: string[] = [];
  const listening: Listening[] = [];
  const stubs = createStubWorkers(options.mode ?? "serves");
  let onSignal: (signal: Signal) => void = () => undefined;
  let exitCode: number | null = null;
  void supervise({
    load: async () => (options.deployment === undefined ? deploymentOf({ slots: [10] }) : options.deployment),
    startWorker: stubs.startWorker,
    env: { PATH: "/bin", ...options.env },
    async sinks(deployment) {
      await options.beforeSinks?.(deployment);
      if (options.observed === false) return [];
      return [{ name: "test", record: ({ id }) => void records.push(id), transition: () => undefined }];
    },
    onListening: (each) => listening.push(each),
    say: (level, line) => said.push(`${level}: ${line}`),
    listenToSignals(listener) {
      onSignal = listener;
      return () => undefined;
    },
    platform: options.platform ?? "linux",
    cores: 2,
    openLedger: async () => null,
    effects: { ...time, random: () => 0 },
  }).then((code) => {
    exitCode = code;
  });
  await time.run(0);
  return {
    time,
    said,
    records,
    workers: stubs.all,
    listening,
    signal: (signal) => onSignal(signal),
    exitCode: () => exitCode,
  };
}

const slotsOf = ({ plans }: Stub): string =>
  Object.values(plans.at(-1)?.deployment.lanes ?? {})
    .map((lane) => lane.slots.max)
    .join();

test("a worker is given its deployment and the environment the runtime needs", async () => {
  const run = await start({ env: { BUN_CONFIG_VERBOSE_FETCH: "curl" } });
  const [worker] = run.workers;
  expect(worker?.plans.map(({ port, workers }) => [port, workers])).toEqual([[0, 1]]);
  expect(worker?.env["BUN_CONFIG_MAX_HTTP_REQUESTS"]).toBe("16384");
  expect(worker?.env["BUN_CONFIG_VERBOSE_FETCH"]).toBeUndefined();
  expect(run.listening.map(({ url }) => url)).toEqual(["http://127.0.0.1:40000"]);
  run.signal("SIGTERM");
  await run.time.run(0);
  expect(run.exitCode()).toBe(0);
});

test.each([
  ["SIGTERM", "drain delay=5000 grace=2000"],
  ["SIGINT", "drain delay=0 grace=2000"],
] as const)("%s: %s", async (signal, line) => {
  const run = await start({});
  run.signal(signal);
  await run.time.run(0);
  expect(run.exitCode()).toBe(0);
  expect(run.workers[0]?.heard).toEqual([line]);
});

test("a worker that ends is replaced after a pause, on the same port", async () => {
  const run = await start({});
  run.workers[0]?.exit("signal SIGKILL");
  await run.time.run(24);
  expect(run.workers).toHaveLength(1);
  await run.time.run(1);
  expect(run.workers.map(({ plans }) => plans[0]?.port)).toEqual([0, 40_000]);
  expect(run.said).toEqual(["warning: Worker 1 ended (signal SIGKILL); another one starts in 25 ms."]);
  expect(run.listening).toHaveLength(1);
  run.signal("SIGTERM");
  await run.time.run(0);
  expect(run.exitCode()).toBe(0);
  expect(run.workers.map(({ isAlive }) => isAlive)).toEqual([false, false]);
});

test("pauses grow while workers end soon, and begin anew after one that lived", async () => {
  const run = await start({});
  for (const pauseMs of [25, 50, 100]) {
    run.workers.at(-1)?.exit("exit code 1");
    await run.time.run(pauseMs);
    expect(run.said.at(-1)).toEndWith(`starts in ${pauseMs} ms.`);
  }
  await run.time.run(30_000);
  run.workers.at(-1)?.exit("exit code 1");
  await run.time.run(25);
  expect(run.said.at(-1)).toEndWith("starts in 25 ms.");
  expect(run.workers).toHaveLength(5);
});

test("workers that cannot start end the run, and it says so", async () => {
  const run = await start({ mode: "dies" });
  await run.time.run(1_000);
  expect(run.exitCode()).toBe(1);
  expect(run.workers).toHaveLength(3);
  expect(run.said.filter((line) => line.startsWith("error:"))).toEqual([
    "error: A worker ended before it could serve (exit code 7), 3 times in a row. What it wrote above says why.",
  ]);
});

test("an address in use ends the run with the address and what to do", async () => {
  const run = await start({ mode: "taken", deployment: deploymentOf({ slots: [1], port: 40_001 }) });
  expect(run.exitCode()).toBe(1);
  expect(run.said.length).toBe(1);
  expect(run.said[0]).toContain("127.0.0.1:40001 is in use");
  expect(run.said[0]).toContain("--listen");
});

test("several workers need an address nobody has, looked at before they share it", async () => {
  const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const run = await start({ deployment: deploymentOf({ slots: [1], workers: 2, port: taken.port }) });
  expect(run.exitCode()).toBe(1);
  expect(run.said[0]).toContain(`127.0.0.1:${taken.port} is in use`);
  expect(run.workers.flatMap(({ plans }) => plans)).toEqual([]);
  taken.stop(true);
});

test("several workers are refused where they cannot share an address", async () => {
  const run = await start({ deployment: deploymentOf({ slots: [1], workers: 2 }), platform: "darwin" });
  expect(run.exitCode()).toBe(1);
  expect(run.said[0]).toContain("needs Linux");
});

test("several workers divide the slots, share a port and are told of each other's figures", async () => {
  const run = await start({ mode: "asks", deployment: deploymentOf({ slots: [10, 1], workers: 3 }) });
  await run.time.run(1_000);
  expect(run.listening).toHaveLength(1);
  expect(run.workers.map(slotsOf)).toEqual(["4,1", "3,1", "3,1"]);
  const ports = new Set(run.workers.map(({ plans }) => plans[0]?.port));
  expect(ports.size).toBe(1);
  expect(ports.has(0)).toBe(false);
  // The last one that asks knows of all three.
  expect(run.workers.at(-1)?.heard).toEqual(["answer 5 3"]);
});

test("records of every worker reach the folds of the supervisor", async () => {
  const run = await start({ deployment: deploymentOf({ slots: [10], workers: 2 }) });
  expect(run.workers.map(({ plans }) => plans[0]?.observed)).toEqual(["soon", "soon"]);
  for (const { say, name } of run.workers) say("observed", { records: [record({ id: name })], transitions: [] });
  await run.time.run(0);
  expect(run.records).toEqual(run.workers.map(({ name }) => name));
});

test("decisions are told to the workers that subscribe, while they do", async () => {
  const adminToken = { kind: "env", name: "ADMIN" } as const;
  const run = await start({ deployment: { ...deploymentOf({ slots: [10], workers: 2 }), adminToken } });
  const [one, other] = run.workers;
  const observe = async (id: string): Promise<void> => {
    one?.say("observed", { records: [record({ id })], transitions: [] });
    await run.time.run(0);
  };
  other?.say("decisions", { subscribe: true });
  await observe("a");
  other?.say("decisions", { subscribe: false });
  await observe("b");
  expect([one?.heard, other?.heard]).toEqual([[], ["decisions 1"]]);
  other?.say("question", { id: 1, question: { about: "decision", asked: { id: "b" } } });
  await run.time.run(0);
  expect(other?.heard.at(-1)).toBe("answer 1 decision");
});

test("decisions kept in memory alone are told when they are asked for, and as they come while one watches", async () => {
  const adminToken = { kind: "env", name: "ADMIN" } as const;
  const deployment = { ...deploymentOf({ slots: [10], workers: 2 }), adminToken };
  const run = await start({ deployment, observed: false });
  const [one, other] = run.workers;
  expect(run.workers.map(({ plans }) => plans[0]?.observed)).toEqual(["asked", "asked"]);
  one?.held.push(record({ id: "a" }));
  other?.held.push(record({ id: "b" }));
  other?.say("question", { id: 1, question: { about: "decisions", asked: { before: null, limit: 9 } } });
  await run.time.run(0);
  expect(other?.heard).toEqual(["answer 1 decisions a b"]);
  other?.say("decisions", { subscribe: true });
  await run.time.run(0);
  other?.say("decisions", { subscribe: false });
  await run.time.run(0);
  expect(one?.heard).toEqual(["observed soon", "observed asked"]);
});

describe("another deployment", () => {
  const before = deploymentOf({ slots: [10], workers: 2 });
  const after = { ...deploymentOf({ slots: [10, 4], workers: 2 }), revision: "next" };
  const revisions = ({ plans }: Stub): string[] => plans.map(({ deployment }) => deployment.revision);

  test("is given to every worker, divided, on the same port", async () => {
    const run = await start({ deployment: before });
    const port = run.workers[0]?.plans[0]?.port;
    expect(await run.listening[0]?.reconfigure(after)).toEqual([]);
    await run.time.run(0);
    expect(run.workers.map(revisions)).toEqual([
      [before.revision, "next"],
      [before.revision, "next"],
    ]);
    expect(run.workers.map(slotsOf)).toEqual(["5,2", "5,2"]);
    expect(run.workers.map(({ plans }) => plans.at(-1)?.port)).toEqual([port, port]);
    expect(run.listening).toHaveLength(1);
  });

  test("is the first one of a worker that is replaced later", async () => {
    const run = await start({ deployment: before });
    await run.listening[0]?.reconfigure(after);
    run.workers[0]?.exit("signal SIGKILL");
    await run.time.run(25);
    expect(run.workers.map(revisions)[2]).toEqual(["next"]);
  });

  test("reaches a worker that was booting meanwhile once, as its first", async () => {
    const run = await start({ deployment: before });
    run.workers[0]?.exit("signal SIGKILL");
    await run.listening[0]?.reconfigure(after);
    await run.time.run(25);
    expect(run.workers.map(revisions).slice(1)).toEqual([[before.revision, "next"], ["next"]]);
  });

  test.each([
    ["slow", ["next", "last"]],
    ["broken", ["last"]],
  ] as const)("is taken after the one asked for before it, when that is %s", async (how, taken) => {
    const gate = Promise.withResolvers<void>();
    const run = await start({
      deployment: before,
      beforeSinks: async ({ revision }) => (revision === "next" ? await gate.promise : undefined),
    });
    const [listening] = run.listening;
    const first = listening?.reconfigure(after).catch(() => "rejected");
    const second = listening?.reconfigure({ ...after, revision: "last" });
    await run.time.run(0);
    if (how === "slow") gate.resolve();
    else gate.reject(new Error("a bug"));
    expect([await first, await second]).toEqual([how === "slow" ? [] : "rejected", []]);
    await run.time.run(0);
    expect(run.workers.map(revisions)).toEqual(run.workers.map(() => [before.revision, ...taken]));
  });

  test("that is asked for while everything ends reaches no worker", async () => {
    const gate = Promise.withResolvers<void>();
    const run = await start({
      deployment: before,
      mode: "hangs",
      beforeSinks: async ({ revision }) => (revision === "next" ? await gate.promise : undefined),
    });
    const reconfigured = run.listening[0]?.reconfigure(after);
    await run.time.run(0);
    run.signal("SIGTERM");
    gate.resolve();
    expect(await reconfigured).toEqual([]);
    await run.time.run(0);
    expect(run.workers.map(revisions)).toEqual([[before.revision], [before.revision]]);
  });

  test("that needs a restart changes nothing, and says for what", async () => {
    const run = await start({ deployment: before });
    expect(await run.listening[0]?.reconfigure({ ...after, workers: 3 })).toEqual(["workers"]);
    await run.time.run(0);
    expect(run.workers.map(({ plans }) => plans.length)).toEqual([1, 1]);
  });

  test("with an admin token makes workers tell what they observe", async () => {
    const run = await start({ deployment: before, observed: false });
    expect(run.workers[0]?.plans[0]?.observed).toBe("none");
    await run.listening[0]?.reconfigure({ ...after, adminToken: { kind: "env", name: "ADMIN" } });
    await run.time.run(0);
    expect(run.workers.map(({ plans }) => plans.at(-1)?.observed)).toEqual(["asked", "asked"]);
  });
});

test("SIGHUP changes nothing and says so", async () => {
  const run = await start({});
  run.signal("SIGHUP");
  await run.time.run(1_000);
  expect(run.said).toEqual([
    "info: SIGHUP is reserved for reloading the configuration, which this version cannot do; nothing changed.",
  ]);
  expect(run.workers.map(({ plans }) => plans.length)).toEqual([1]);
});

test("a second signal does not wait for the drain", async () => {
  const run = await start({ mode: "hangs" });
  run.signal("SIGTERM");
  await run.time.run(0);
  expect(run.exitCode()).toBeNull();
  run.signal("SIGTERM");
  await run.time.run(0);
  expect(run.exitCode()).toBe(0);
  expect(run.workers[0]?.heard).toEqual(["drain delay=5000 grace=2000", "stop"]);
});

test.each([
  [1, 5_000 + 2_000 + 3_000],
  [2, 2_000],
])("a worker that does not end by itself is killed, after %d signals and %d ms", async (signals, afterMs) => {
  const run = await start({ mode: "stubborn" });
  for (let sent = 0; sent < signals; sent += 1) run.signal("SIGTERM");
  await run.time.run(afterMs - 1);
  expect(run.exitCode()).toBeNull();
  await run.time.run(1);
  expect(run.exitCode()).toBe(0);
  expect(run.workers[0]?.isAlive).toBe(false);
});

test("a worker that retires is replaced while it still lives, and ends with the rest", async () => {
  const run = await start({ mode: "retires" });
  await run.time.run(25);
  expect(run.workers.slice(0, 2).map(({ isAlive, plans }) => [isAlive, plans.length])).toEqual([
    [true, 1],
    [true, 1],
  ]);
  run.signal("SIGTERM");
  run.signal("SIGTERM");
  await run.time.run(0);
  expect(run.exitCode()).toBe(0);
  expect(run.workers.some(({ isAlive }) => isAlive)).toBe(false);
});

test("without a deployment nothing is left running", async () => {
  const run = await start({ deployment: null });
  expect(run.exitCode()).toBe(1);
  expect(run.workers.map(({ isAlive, plans }) => [isAlive, plans])).toEqual([[false, []]]);
});

test("an environment that switches off certificates is refused before anything starts", async () => {
  const run = await start({ env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
  expect(run.exitCode()).toBe(1);
  expect(run.said.length).toBe(1);
  expect(run.said[0]).toContain("NODE_TLS_REJECT_UNAUTHORIZED");
  expect(run.workers).toEqual([]);
});
