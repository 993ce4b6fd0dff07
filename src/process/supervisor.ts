/**
 * The supervisor serves no requests. It starts the workers with the environment the runtime needs, gives them the
 * deployment, and replaces one that ends. It passes the operator's signals on and merges the workers' figures.
 */
import type { Deployment } from "../ir/deployment.ts";
import { formatAddress } from "../std/address.ts";
import { whyNotListening } from "./address.ts";
import { restartDelayMs, WELL_AFTER_MS } from "./backoff.ts";
import { environmentWarnings, refusedEnvironment, workerEnvironment } from "./environment.ts";
import type { FromWorker, MessageHandlers, Plan } from "./messages.ts";
import { portFor } from "./probe.ts";
import { restartNeeded } from "./restart-needed.ts";
import { createSharedServices, type SharedServices } from "./shared-services.ts";
import { shareOf } from "./shares.ts";
import type { Signal, SupervisorOptions } from "./supervisor-options.ts";
import type { WorkerProcess } from "./worker-process.ts";

export type { Listening, Signal, SupervisorOptions } from "./supervisor-options.ts";

/** Time for load balancers to see that it is not ready, before it refuses connections. Cut short where nothing comes. */
const DRAIN_DELAY_MS = 5_000;
/** What a worker may take beyond its time before it is killed. */
const OVERTIME_MS = 3_000;
/** After the second signal. */
const STOP_MS = 2_000;
/** The exit code after a signal where rows of the ledger wait in a spool, or stand in the log. */
const UNBOOKED = 3;
/** Ends of workers that never served, until the fault is taken to be lasting. */
const FAILED_STARTS_MAX = 3;
/** Characters of the random part of a name that no other start had. */
const NAME_LENGTH = 6;

interface Slot {
  readonly index: number;
  worker: WorkerProcess | null;
  state: "booting" | "ready" | "deployed" | "listening";
  startedMs: number;
  /** In a row. */
  ends: number;
  cancelRestart: () => void;
}

interface Supervisor {
  readonly options: SupervisorOptions;
  readonly slots: Slot[];
  /** Of this start; the names of its workers begin with it. */
  readonly name: string;
  workersStarted: number;
  /** Workers that end by themselves and have been replaced. */
  readonly retired: Set<WorkerProcess>;
  deployment: Deployment | null;
  port: number;
  phase: "starting" | "serving" | "ending";
  failedStarts: number;
  cancelDeadline: () => void;
  /** Resolves the run, once no worker is left. Null: it is not to end. */
  exitCode: number | null;
  readonly services: SharedServices;
  readonly onEnd: (exitCode: number) => void;
  /** Resolves when no other deployment is being taken. Never rejects. */
  reconfigured: Promise<unknown>;
}

/** Resolves to the exit code: 0 after a signal, 1 when it could not be started, 3 when rows are not in the ledger. */
export async function supervise(options: SupervisorOptions): Promise<number> {
  const refused = refusedEnvironment(options.env);
  if (refused !== null) {
    options.say("error", refused);
    return 1;
  }
  for (const warning of environmentWarnings(options.env)) options.say("warning", warning);

  const ended = Promise.withResolvers<number>();
  const supervisor: Supervisor = {
    options,
    slots: [],
    // Begins with its moment, so that rows left by several starts are read in their order.
    name: `w${options.effects.wallMs().toString(36)}${options.effects.randomId(NAME_LENGTH)}`,
    workersStarted: 0,
    retired: new Set(),
    deployment: null,
    port: 0,
    phase: "starting",
    failedStarts: 0,
    cancelDeadline: () => undefined,
    exitCode: null,
    services: createSharedServices({
      ...options,
      workers: () => workersOf(supervisor),
      replan: () => replan(supervisor),
      serving: () => supervisor.slots.flatMap(({ state, worker }) => (state === "listening" ? (worker ?? []) : [])),
    }),
    onEnd: ended.resolve,
    reconfigured: Promise.resolve(),
  };
  const stopListening = options.listenToSignals((signal) => onSignal(supervisor, signal));
  openSlot(supervisor); // boots while the configuration is read
  const loaded = await options.load();
  if (loaded === null) end(supervisor, 1);
  else if (supervisor.exitCode === null) await openAndDeploy(supervisor, resolveWorkers(loaded, options.cores));
  const exitCode = await ended.promise;
  const isBooked = await supervisor.services.close();
  stopListening();
  return exitCode === 0 && !isBooked ? UNBOOKED : exitCode;
}

async function openAndDeploy(supervisor: Supervisor, deployment: Deployment): Promise<void> {
  const why = await supervisor.services.openLedger(deployment);
  if (why !== null) fail(supervisor, why);
  else if (supervisor.exitCode === null) await deploy(supervisor, deployment);
}

async function deploy(supervisor: Supervisor, deployment: Deployment): Promise<void> {
  const opened = portFor(deployment, supervisor.options.platform);
  if (typeof opened === "string") {
    fail(supervisor, opened);
    return;
  }
  supervisor.port = opened;
  await supervisor.services.start(deployment);
  if (supervisor.exitCode !== null) return;
  supervisor.deployment = deployment;
  for (let index = supervisor.slots.length; index < deployment.workers; index += 1) openSlot(supervisor);
  for (const slot of supervisor.slots) give(supervisor, slot);
}

/** One after the other, in the order they were asked for, so that services and workers end with the same deployment. */
function reconfigure(supervisor: Supervisor, loaded: Deployment): Promise<readonly string[]> {
  const done = supervisor.reconfigured.then(() => reconfigureNow(supervisor, loaded));
  supervisor.reconfigured = done.catch(() => undefined);
  return done;
}

/** Workers that boot or are replaced later are given the new deployment as their first. */
async function reconfigureNow(supervisor: Supervisor, loaded: Deployment): Promise<readonly string[]> {
  const { deployment: before, options } = supervisor;
  const deployment = resolveWorkers(loaded, options.cores);
  const needed = before === null ? [] : restartNeeded(before, deployment);
  if (needed.length > 0 || supervisor.exitCode !== null) return needed;
  await supervisor.services.reconfigure(deployment);
  if (supervisor.exitCode !== null) return [];
  supervisor.deployment = deployment;
  replan(supervisor);
  return [];
}

/** Every worker that has a plan is given its newest one. */
function replan(supervisor: Supervisor): void {
  const { deployment } = supervisor;
  if (deployment === null) return;
  for (const slot of supervisor.slots) {
    if (slot.state === "deployed" || slot.state === "listening")
      slot.worker?.send("reconfigure", planOf(supervisor, slot, deployment));
  }
}

/** `workers: auto` is one for each core. */
function resolveWorkers(deployment: Deployment, cores: number): Deployment {
  return deployment.workers > 0 ? deployment : { ...deployment, workers: cores };
}

/** Says why and ends everything that was started. */
function fail(supervisor: Supervisor, line: string): void {
  if (supervisor.exitCode !== null) return;
  supervisor.options.say("error", line);
  end(supervisor, 1);
}

// ---------------------------------------------------------------- workers

function openSlot(supervisor: Supervisor): void {
  const slot: Slot = {
    index: supervisor.slots.length,
    worker: null,
    state: "booting",
    startedMs: 0,
    ends: 0,
    cancelRestart: () => undefined,
  };
  supervisor.slots.push(slot);
  start(supervisor, slot);
}

function start(supervisor: Supervisor, slot: Slot): void {
  const { options } = supervisor;
  slot.state = "booting";
  slot.startedMs = options.effects.nowMs();
  supervisor.workersStarted += 1;
  slot.worker = options.startWorker({
    name: `${supervisor.name}-${supervisor.workersStarted}`,
    env: workerEnvironment(options.env),
    handlers: (worker) => ({ ...supervisor.services.handlers(worker), ...standingHandlers(supervisor, worker) }),
    onExit: (worker, how) => onExit(supervisor, worker, how),
  });
}

/** Hands its share of the deployment to a worker that is ready for it, once there is one. */
function give(supervisor: Supervisor, slot: Slot): void {
  const { deployment } = supervisor;
  if (deployment === null || slot.worker === null || slot.state !== "ready" || supervisor.exitCode !== null) return;
  slot.state = "deployed";
  supervisor.services.join(slot.worker);
  slot.worker.send("deploy", planOf(supervisor, slot, deployment));
  supervisor.services.tellDisplays(slot.worker);
}

function planOf({ port, services }: Supervisor, { index, worker }: Slot, deployment: Deployment): Plan {
  return {
    deployment: shareOf(services.standing.ordered(deployment), { index, of: deployment.workers }),
    standing: services.standing.standing(),
    port,
    workers: deployment.workers,
    observed: services.observing(),
    holder: services.hasLedger() ? (worker?.name ?? null) : null,
  };
}

function onExit(supervisor: Supervisor, worker: WorkerProcess, how: string): void {
  supervisor.retired.delete(worker);
  supervisor.services.gone(worker);
  const slot = supervisor.slots.find((each) => each.worker === worker);
  if (slot !== undefined) slot.worker = null;
  if (supervisor.exitCode !== null) {
    finishIfAlone(supervisor);
    return;
  }
  if (slot === undefined) return;
  if (supervisor.phase === "starting") {
    supervisor.failedStarts += 1;
    if (supervisor.failedStarts >= FAILED_STARTS_MAX) {
      const times = `${FAILED_STARTS_MAX} times in a row`;
      fail(supervisor, `A worker ended before it could serve (${how}), ${times}. What it wrote above says why.`);
      return;
    }
  }
  restart(supervisor, slot, how);
}

function restart(supervisor: Supervisor, slot: Slot, how: string): void {
  const { options } = supervisor;
  slot.ends = options.effects.nowMs() - slot.startedMs >= WELL_AFTER_MS ? 1 : slot.ends + 1;
  const delayMs = restartDelayMs(slot.ends, options.effects.random);
  options.say("warning", `Worker ${slot.index + 1} ended (${how}); another one starts in ${delayMs} ms.`);
  slot.cancelRestart = options.effects.setTimer(delayMs, () => start(supervisor, slot));
}

// ---------------------------------------------------------------- what workers say

/** How a worker stands itself. */
function standingHandlers(
  supervisor: Supervisor,
  worker: WorkerProcess,
): MessageHandlers<Pick<FromWorker, "ready" | "listening" | "failed-to-listen" | "retiring">> {
  /** Of one that holds a slot, unless everything ends. */
  const inSlot = (act: (slot: Slot) => void): void => {
    const slot = supervisor.slots.find((each) => each.worker === worker);
    if (slot !== undefined && supervisor.exitCode === null) act(slot);
  };
  return {
    ready: () =>
      inSlot((slot) => {
        slot.state = "ready";
        give(supervisor, slot);
      }),
    listening: ({ port }) =>
      inSlot((slot) => {
        slot.state = "listening";
        supervisor.port = port; // kept, so that a replacement opens the same one
        announce(supervisor);
      }),
    "failed-to-listen": ({ code }) => inSlot(() => notListening(supervisor, code)),
    retiring: ({ because }) =>
      inSlot((slot) => {
        supervisor.retired.add(worker);
        slot.worker = null;
        restart(supervisor, slot, because);
      }),
  };
}

function notListening(supervisor: Supervisor, code: string): void {
  const address = formatAddress(supervisor.deployment?.listen.host ?? "", supervisor.port);
  const line = whyNotListening(address, code);
  if (supervisor.phase === "starting") fail(supervisor, line);
  else supervisor.options.say("error", line);
}

function announce(supervisor: Supervisor): void {
  const { deployment, options, port } = supervisor;
  if (supervisor.phase !== "starting" || deployment === null) return;
  if (supervisor.slots.some((slot) => slot.state !== "listening")) return;
  supervisor.phase = "serving";
  const { host } = deployment.listen;
  options.onListening({
    deployment,
    reconfigure: (next) => reconfigure(supervisor, next),
    host,
    port,
    url: `http://${formatAddress(host, port)}`,
  });
}

// ---------------------------------------------------------------- the end

function onSignal(supervisor: Supervisor, signal: Signal): void {
  const { options } = supervisor;
  if (signal === "SIGHUP") {
    options.say(
      "info",
      "SIGHUP is reserved for reloading the configuration, which this version cannot do; nothing changed.",
    );
    return;
  }
  if (supervisor.exitCode !== null) {
    stopNow(supervisor);
    return;
  }
  const drainMs = supervisor.deployment?.drainMs ?? 0;
  options.say(
    "info",
    `${signal}: no new connections; answers under way have ${Math.round(drainMs / 1000)} s to end. Send it again to stop now.`,
  );
  // Ctrl-C comes from a terminal, and no load balancer looks at that gateway.
  drain(supervisor, { delayMs: signal === "SIGINT" ? 0 : DRAIN_DELAY_MS, graceMs: drainMs });
}

function drain(supervisor: Supervisor, { delayMs, graceMs }: { delayMs: number; graceMs: number }): void {
  beginEnd(supervisor, 0);
  supervisor.cancelDeadline = supervisor.options.effects.setTimer(delayMs + graceMs + OVERTIME_MS, () =>
    killAll(supervisor),
  );
  for (const slot of supervisor.slots) {
    if (slot.state === "listening") slot.worker?.send("drain", { delayMs, graceMs });
    else slot.worker?.kill("SIGKILL"); // it serves no client yet
  }
  finishIfAlone(supervisor);
}

function stopNow(supervisor: Supervisor): void {
  supervisor.cancelDeadline();
  supervisor.cancelDeadline = supervisor.options.effects.setTimer(STOP_MS, () => killAll(supervisor));
  for (const worker of workersOf(supervisor)) worker.send("stop", null);
}

/** Nothing is served yet, or nothing can be. */
function end(supervisor: Supervisor, exitCode: number): void {
  if (supervisor.exitCode !== null) return;
  beginEnd(supervisor, exitCode);
  killAll(supervisor);
  finishIfAlone(supervisor);
}

function beginEnd(supervisor: Supervisor, exitCode: number): void {
  supervisor.exitCode = exitCode;
  supervisor.phase = "ending";
  for (const slot of supervisor.slots) slot.cancelRestart();
}

function killAll(supervisor: Supervisor): void {
  for (const worker of workersOf(supervisor)) worker.kill("SIGKILL");
}

function finishIfAlone(supervisor: Supervisor): void {
  if (supervisor.exitCode === null || workersOf(supervisor).length > 0) return;
  supervisor.cancelDeadline();
  supervisor.onEnd(supervisor.exitCode);
}

function workersOf(supervisor: Supervisor): WorkerProcess[] {
  return [...supervisor.retired, ...supervisor.slots.flatMap((slot) => slot.worker ?? [])];
}
